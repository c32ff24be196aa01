// The loops of products with AVX-512 BF16 and VNNI: 14 rows by 2 vectors of 16 sums.
#if defined(__x86_64__)
#include "product_levels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define HAS_DOT
#include "tile_avx512.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni,fma"))), apply_to = function)
#include "product_loops.h"
#pragma clang attribute pop

const struct mmdit_product_loops mmdit_dot_product_loops = {
    pack_rows, pack_codes, pack_nibbles, pack_columns, multiply};
#endif
