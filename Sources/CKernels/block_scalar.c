// The loops of blocks with the instructions that every processor has.
#include "block_loops.h"

const struct mmdit_block_loops mmdit_scalar_block_loops = {
    truncated_codes, half_away_codes, grid_codes, grid_best, grid_fit, sum_grid,
};
