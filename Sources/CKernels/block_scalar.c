// The loops of blocks with the instructions that every processor has.
#include "block_levels.h"

#include "block_loops.h"
#include "codebook_loops.h"
#include "round_loops.h"
#include "superblock_loops.h"

const struct mmdit_block_loops mmdit_scalar_block_loops = {
    round_blocks, decode_bytes, merge_codes, grid_codes, search_blocks, encode_codebook,
    round_to_f16, find_extremes, affine_codes,
};
