// The loops of blocks with AVX2.
#if defined(__x86_64__)
#include "block_levels.h"

#include <math.h>
#include <string.h>

#define MMDIT_ROUNDS 1

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#include "block_loops.h"
#include "codebook_loops.h"
#include "round_loops.h"
#include "superblock_loops.h"
#pragma clang attribute pop

const struct mmdit_block_loops mmdit_avx2_block_loops = {
    round_blocks, decode_bytes, merge_codes, grid_codes, search_blocks, encode_codebook,
    round_to_f16, find_extremes, affine_codes,
};
#endif
