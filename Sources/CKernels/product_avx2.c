// The loops of products with AVX2 and FMA: 6 rows by 2 vectors of 8 sums.
#if defined(__x86_64__)
#include "product_levels.h"

#include <math.h>
#include <string.h>

#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#pragma clang attribute push(__attribute__((target("avx2,f16c,fma"))), apply_to = function)
#include "product_loops.h"
#pragma clang attribute pop

const struct mmdit_product_loops mmdit_avx2_product_loops = {
    pack_rows, pack_codes, pack_nibbles, pack_columns, multiply};
#endif
