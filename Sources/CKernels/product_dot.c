// The loops of products with AVX-512 BF16 and VNNI: 14 rows by 2 vectors of 16 sums.
#if defined(__x86_64__)
#include "product_levels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define HAS_DOT
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TILE_CASES                                                                      \
  CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10)      \
  CASE(11) CASE(12) CASE(13) CASE(14)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni,fma"))), apply_to = function)
#include "product_loops.h"
#pragma clang attribute pop

const struct mmdit_product_loops mmdit_dot_product_loops = {
    pack_rows, pack_codes, pack_columns, multiply_tile};
#endif
