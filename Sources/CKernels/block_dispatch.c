// From a level to its loops over blocks.
#include "block_levels.h"

const float mmdit_table[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                               1,    13,   25,  38,  53,  69,  89,  113};

#if defined(__x86_64__)
static const struct mmdit_block_loops *const loops[] = {
    &mmdit_scalar_block_loops, &mmdit_avx2_block_loops, &mmdit_avx512_block_loops};
#else
static const struct mmdit_block_loops *const loops[] = {&mmdit_scalar_block_loops};
#endif

size_t mmdit_encode_blocks(
    mmdit_level level, const float *values, size_t block_count, int32_t type, uint8_t *bytes) {
  return loops[level]->round_blocks(values, block_count, type, bytes);
}

void mmdit_decode_bytes(
    mmdit_level level, const uint8_t *bytes, size_t block_count, float *values) {
  loops[level]->decode_bytes(bytes, block_count, values);
}

void mmdit_merge_codes(
    mmdit_level level, const uint8_t *codes, size_t count, int32_t right, int32_t mask,
    int32_t left, uint8_t *bytes) {
  loops[level]->merge_codes(codes, count, right, mask, left, bytes);
}

float mmdit_grid_codes(
    mmdit_level level, const float *values, size_t count, mmdit_grid grid, float normalizer,
    float scale, float offset, uint8_t *codes) {
  return loops[level]->grid_codes(values, count, grid, normalizer, scale, offset, codes);
}

void mmdit_search_blocks(
    mmdit_level level, const float *values, size_t block_count, const mmdit_super_grid *grid,
    mmdit_super_block *found, int8_t *scales, int8_t *minima, uint8_t *codes) {
  loops[level]->search_blocks(values, block_count, grid, found, scales, minima, codes);
}

void mmdit_encode_codebook(
    mmdit_level level, const float *values, size_t count, const float *borders,
    const uint8_t *order, uint8_t *packed, float *magnitudes) {
  loops[level]->encode_codebook(values, count, borders, order, packed, magnitudes);
}

void mmdit_round_to_f16(
    mmdit_level level, const float *values, size_t count, float *rounded) {
  loops[level]->round_to_f16(values, count, rounded);
}

mmdit_extremes mmdit_find_extremes(mmdit_level level, const float *values, size_t count) {
  return loops[level]->find_extremes(values, count);
}

void mmdit_affine_codes(
    mmdit_level level, const float *values, size_t count, float scale, float bias, float high,
    uint8_t *codes) {
  loops[level]->affine_codes(values, count, scale, bias, high, codes);
}
