// The loops of one level. kernels.h says what each computes.
#pragma once

#include "kernels.h"

struct mmdit_loops {
  void (*bf16_to_f32)(const void *, float *, size_t);
  void (*f16_to_f32)(const void *, float *, size_t);
  void (*f32_to_bf16)(const float *, void *, size_t);
  uint32_t (*max_magnitude)(const float *, size_t);
  size_t (*find_magnitude)(const float *, size_t, uint32_t);
  mmdit_range (*range_with_zero)(const float *, size_t);
  void (*quantize_bytes)(const float *, size_t, mmdit_quantizer, uint8_t *);
  void (*quantize_nibbles)(const float *, size_t, mmdit_quantizer, uint8_t *);
  void (*dequantize_int8)(const uint8_t *, size_t, float, float *);
  void (*dequantize_uint8)(const uint8_t *, size_t, float, int32_t, float *);
  void (*dequantize_nibbles)(const uint8_t *, size_t, float, int32_t, float *);
  void (*scale_errors)(const float *, size_t, float, const float *, double *);
  mmdit_moments (*level_moments)(const float *, size_t, float, mmdit_quantizer);
  mmdit_best_scale (*best_of_scales)(
      const float *, size_t, float, const float *, mmdit_scale_grid);
};

// Values that are summed in float before double takes over.
enum { BLOCK = 64 };

extern const struct mmdit_loops mmdit_scalar_loops;
#if defined(__x86_64__)
extern const struct mmdit_loops mmdit_avx2_loops;
extern const struct mmdit_loops mmdit_avx512_loops;
#endif
