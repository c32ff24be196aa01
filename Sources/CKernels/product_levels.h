// The loops of one level. products.h says what each computes.
#pragma once

#include "products.h"

struct mmdit_product_loops {
  void (*pack_rows)(
      mmdit_format, const float *, size_t, size_t, size_t, float, int32_t *, size_t);
  void (*pack_codes)(
      mmdit_format, mmdit_format, const void *, size_t, size_t, size_t, const float *, int32_t *,
      size_t);
  void (*pack_nibbles)(
      mmdit_format, const uint8_t *, size_t, size_t, size_t, const float *, int32_t *, size_t);
  void (*pack_columns)(mmdit_format, const float *, size_t, size_t, size_t, int32_t *);
  void (*multiply)(
      mmdit_format, const int32_t *, size_t, size_t, const int32_t *, size_t, size_t, float *,
      size_t);
};

extern const struct mmdit_product_loops mmdit_scalar_product_loops;
#if defined(__x86_64__)
extern const struct mmdit_product_loops mmdit_avx2_product_loops;
extern const struct mmdit_product_loops mmdit_avx512_product_loops;
extern const struct mmdit_product_loops mmdit_dot_product_loops;
#endif
