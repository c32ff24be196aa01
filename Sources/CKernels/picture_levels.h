// The loops of one level. pictures.h says what each computes.
#pragma once

#include "pictures.h"

struct mmdit_picture_loops {
  void (*channel_sums)(const float *, size_t, size_t, double *);
  void (*normed_silu)(const float *, size_t, size_t, const float *, const float *, float *);
  void (*transform_patches)(
      size_t, const float *const *, size_t, size_t, float *, size_t);
  void (*transform_products)(
      size_t, const float *, size_t, size_t, size_t, const float *, int32_t, float *const *,
      size_t, size_t, size_t);
};

extern const struct mmdit_picture_loops mmdit_scalar_picture_loops;
#if defined(__x86_64__)
extern const struct mmdit_picture_loops mmdit_avx2_picture_loops;
extern const struct mmdit_picture_loops mmdit_avx512_picture_loops;
#endif
