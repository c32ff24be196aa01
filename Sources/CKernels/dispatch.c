// From a level to its loops.
#include "levels.h"

#if defined(__x86_64__)
static const struct mmdit_loops *const loops[] = {
    &mmdit_scalar_loops, &mmdit_avx2_loops, &mmdit_avx512_loops};
#else
static const struct mmdit_loops *const loops[] = {&mmdit_scalar_loops};
#endif

mmdit_level mmdit_best_level(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("f16c") ||
      !__builtin_cpu_supports("fma"))
    return MMDIT_KERNELS_SCALAR;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return MMDIT_KERNELS_AVX512;
  return MMDIT_KERNELS_AVX2;
#else
  return MMDIT_KERNELS_SCALAR;
#endif
}

void mmdit_bf16_to_f32(mmdit_level level, const void *source, float *destination, size_t count) {
  loops[level]->bf16_to_f32(source, destination, count);
}

void mmdit_f16_to_f32(mmdit_level level, const void *source, float *destination, size_t count) {
  loops[level]->f16_to_f32(source, destination, count);
}

void mmdit_f32_to_bf16(mmdit_level level, const float *source, void *destination, size_t count) {
  loops[level]->f32_to_bf16(source, destination, count);
}

uint32_t mmdit_max_magnitude(mmdit_level level, const float *values, size_t count) {
  return loops[level]->max_magnitude(values, count);
}

size_t mmdit_find_magnitude(
    mmdit_level level, const float *values, size_t count, uint32_t magnitude) {
  return loops[level]->find_magnitude(values, count, magnitude);
}

mmdit_range mmdit_range_with_zero(mmdit_level level, const float *values, size_t count) {
  return loops[level]->range_with_zero(values, count);
}

void mmdit_quantize_bytes(
    mmdit_level level, const float *values, size_t count, mmdit_quantizer quantizer,
    uint8_t *codes) {
  loops[level]->quantize_bytes(values, count, quantizer, codes);
}

void mmdit_quantize_nibbles(
    mmdit_level level, const float *values, size_t count, mmdit_quantizer quantizer,
    uint8_t *codes) {
  loops[level]->quantize_nibbles(values, count, quantizer, codes);
}

void mmdit_dequantize_int8(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, float *values) {
  loops[level]->dequantize_int8(codes, count, scale, values);
}

void mmdit_dequantize_uint8(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, int32_t zero,
    float *values) {
  loops[level]->dequantize_uint8(codes, count, scale, zero, values);
}

void mmdit_dequantize_nibbles(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, int32_t zero,
    float *values) {
  loops[level]->dequantize_nibbles(codes, count, scale, zero, values);
}

void mmdit_scale_errors(
    mmdit_level level, const float *values, size_t count, float normalizer,
    const float *candidates, double *errors) {
  loops[level]->scale_errors(values, count, normalizer, candidates, errors);
}

mmdit_moments mmdit_level_moments(
    mmdit_level level, const float *values, size_t count, float normalizer,
    mmdit_quantizer quantizer) {
  return loops[level]->level_moments(values, count, normalizer, quantizer);
}

mmdit_best_scale mmdit_best_of_scales(
    mmdit_level level, const float *values, size_t count, float normalizer, const float *scales,
    mmdit_scale_grid grid) {
  return loops[level]->best_of_scales(values, count, normalizer, scales, grid);
}
