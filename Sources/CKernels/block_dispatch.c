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

void mmdit_truncated_codes(
    mmdit_level level, const float *values, size_t count, float minimum, float inverse,
    float addend, float high, uint8_t *codes) {
  loops[level]->truncated_codes(values, count, minimum, inverse, addend, high, codes);
}

void mmdit_half_away_codes(
    mmdit_level level, const float *values, size_t count, float inverse, uint8_t *codes) {
  loops[level]->half_away_codes(values, count, inverse, codes);
}

void mmdit_grid_codes(
    mmdit_level level, const float *values, size_t count, mmdit_grid grid, float scale,
    float offset, uint8_t *codes) {
  loops[level]->grid_codes(values, count, grid, scale, offset, codes);
}

mmdit_best mmdit_grid_best(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    const float *candidates) {
  return loops[level]->grid_best(values, weights, count, grid, candidates);
}

void mmdit_grid_fit(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    int32_t has_offset, const float *candidates, float *fitted) {
  loops[level]->grid_fit(values, weights, count, grid, has_offset, candidates, fitted);
}

mmdit_grid_sums mmdit_sum_grid(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    float scale, float offset) {
  return loops[level]->sum_grid(values, weights, count, grid, scale, offset);
}
