// The loop of one level. row_products.h says what it computes.
#pragma once

#include "row_products.h"

typedef void mmdit_row_product(
    const float *, size_t, size_t, const float *, size_t, size_t, int32_t, float *, size_t);

mmdit_row_product mmdit_scalar_row_product;
#if defined(__x86_64__)
mmdit_row_product mmdit_avx2_row_product;
mmdit_row_product mmdit_avx512_row_product;
#endif
