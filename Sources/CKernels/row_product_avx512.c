// The loop of products by rows with AVX-512: 14 rows by 2 vectors of 16 sums.
#if defined(__x86_64__)
#include "row_product_levels.h"

#include <string.h>

#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TILE_CASES                                                                      \
  CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10)      \
  CASE(11) CASE(12) CASE(13) CASE(14)
#define ROW_PRODUCT mmdit_avx512_row_product
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
#include "row_product_loops.h"
#pragma clang attribute pop
#endif
