// The loop of products by rows with AVX-512: 14 rows by 2 vectors of 16 sums.
#if defined(__x86_64__)
#include "row_product_levels.h"

#include <string.h>

#include "tile_avx512.h"
#define ROW_PRODUCT mmdit_avx512_row_product
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#include "row_product_loops.h"
#pragma clang attribute pop
#endif
