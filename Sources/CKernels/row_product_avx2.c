// The loop of products by rows with AVX2 and FMA: 6 rows by 2 vectors of 8 sums.
#if defined(__x86_64__)
#include "row_product_levels.h"

#include <string.h>

#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#define ROW_PRODUCT mmdit_avx2_row_product
#pragma clang attribute push(__attribute__((target("avx2,f16c,fma"))), apply_to = function)
#include "row_product_loops.h"
#pragma clang attribute pop
#endif
