// The round of a search for a scale, written once and compiled for the instructions of each level, which
// includes it behind its own scale_errors.
#include <string.h>

// The bits of a float rounded to 11 bits of precision as binary16 has them, infinite beyond it.
static inline uint32_t rounded_to_f16(uint32_t bits) {
  uint32_t magnitude = bits & 0x7fffffff;
  uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1)) & ~(uint32_t)0x1fff;
  normal = normal >= 0x47800000 ? 0x7f800000 : normal;
  // Below 2^-14 steps are 2^-24, those of floats from 1/2 on.
  float small;
  memcpy(&small, &magnitude, sizeof small);
  small = (small + 0.5f) - 0.5f;
  uint32_t subnormal;
  memcpy(&subnormal, &small, sizeof subnormal);
  return (bits & 0x80000000) | (magnitude < 0x38800000 ? subnormal : normal);
}

static inline uint32_t rounded_to_bf16(uint32_t bits) {
  return (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
}

static void store_scales(const float *scales, mmdit_scale_grid grid, float *stored) {
  uint32_t bits[MMDIT_CANDIDATES];
  memcpy(bits, scales, sizeof bits);
  if (grid.type == MMDIT_SCALE_F16)
    for (size_t c = 0; c < MMDIT_CANDIDATES; c++) bits[c] = rounded_to_f16(bits[c]);
  if (grid.type == MMDIT_SCALE_BF16)
    for (size_t c = 0; c < MMDIT_CANDIDATES; c++) bits[c] = rounded_to_bf16(bits[c]);
  float rounded[MMDIT_CANDIDATES];
  memcpy(rounded, bits, sizeof rounded);
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) {
    float magnitude = rounded[c] < 0 ? -rounded[c] : rounded[c];
    float least = scales[c] < 0 ? -grid.least : grid.least;
    float scale = magnitude < grid.least ? least : rounded[c];
    stored[c] = magnitude * grid.span <= 0x1.fffffep127f ? scale : grid.fallback;
  }
}

static mmdit_best_scale best_of_scales(
    const float *values, size_t count, float normalizer, const float *scales,
    mmdit_scale_grid grid) {
  float stored[MMDIT_CANDIDATES];
  store_scales(scales, grid, stored);
  _Alignas(64) float candidates[4 * MMDIT_CANDIDATES];
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) {
    float scale = stored[c] * normalizer;
    candidates[c] = scale;
    candidates[MMDIT_CANDIDATES + c] = 1 / scale;
    candidates[2 * MMDIT_CANDIDATES + c] = grid.low;
    candidates[3 * MMDIT_CANDIDATES + c] = grid.high;
  }
  _Alignas(64) double errors[MMDIT_CANDIDATES];
  scale_errors(values, count, normalizer, candidates, errors);
  // The order of errors, which are not negative, is that of their bits; the lane takes the place of the
  // lowest four, so that the least is found without a branch, which would be taken at random.
  uint64_t bits[MMDIT_CANDIDATES];
  memcpy(bits, errors, sizeof bits);
  uint64_t least = UINT64_MAX;
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) {
    uint64_t key = (bits[c] & ~(uint64_t)15) | c;
    least = key < least ? key : least;
  }
  size_t lane = least & 15;
  return (mmdit_best_scale){errors[lane], errors[0], stored[lane]};
}
