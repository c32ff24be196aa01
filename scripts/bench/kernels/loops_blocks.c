// The loops of blocks.h, superblocks.h and codebooks.h.
#include "codebooks.h"
#include "loops.h"
#include "superblocks.h"

#define ENCODE(name)                                                                    \
  static void encode_##name(mmdit_level level) {                                        \
    sink += (double)mmdit_encode_blocks(                                                \
        level, inputs[0], value_count / 32, MMDIT_##name, bytes);                       \
  }
ENCODE(Q8_0)
ENCODE(Q4_0)
ENCODE(Q4_1)
ENCODE(Q5_0)
ENCODE(Q5_1)

static void merge_codes(mmdit_level level) {
  mmdit_merge_codes(level, bytes, value_count, 2, 15, 4, bytes + value_count);
}

static void grid_codes(mmdit_level level) {
  mmdit_grid grid = {-8, 7, 0};
  for (size_t i = 0; i < value_count; i += 32)
    sink += (double)mmdit_grid_codes(level, inputs[0] + i, 32, grid, 32, 0.2f, 0, bytes + i);
}

static void table_codes(mmdit_level level) {
  mmdit_grid grid = {-127, 113, 1};
  for (size_t i = 0; i < value_count; i += 32)
    sink += (double)mmdit_grid_codes(level, inputs[0] + i, 32, grid, 32, 0.02f, 0, bytes + i);
}

static void search(mmdit_level level, const mmdit_super_grid *grid) {
  size_t elements = (size_t)(grid->group_size * grid->groups_per_block);
  int8_t *integers = (int8_t *)bytes;
  mmdit_search_blocks(
      level, inputs[0], value_count / elements, grid, (mmdit_super_block *)output, integers,
      integers + value_count, bytes + 2 * value_count);
}

#define SEARCH(name) \
  static void search_##name(mmdit_level level) { search(level, &mmdit_##name); }
SEARCH(q2_k)
SEARCH(q3_k)
SEARCH(q4_k)
SEARCH(q5_k)
SEARCH(q6_k)
SEARCH(iq4_nl)
SEARCH(iq4_xs)

static void encode_codebook(mmdit_level level) {
  static const float borders[15] = {-0.85f, -0.61f, -0.46f, -0.34f, -0.23f, -0.14f, -0.05f, 0.04f,
                                    0.12f,  0.2f,   0.29f,  0.39f,  0.5f,   0.64f,  0.86f};
  static const uint8_t order[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  mmdit_encode_codebook(level, inputs[0], value_count, borders, order, bytes, output);
}

static void round_to_f16(mmdit_level level) {
  mmdit_round_to_f16(level, inputs[0], value_count, output);
}

static void find_extremes(mmdit_level level) {
  sink += (double)mmdit_find_extremes(level, inputs[0], value_count).maximum;
}

static void affine_codes(mmdit_level level) {
  mmdit_affine_codes(level, inputs[0], value_count, 0.001f, -0.1f, 255, bytes);
}

// Of a group's values, for each scale that is tried: the level, and sums of its products with weights,
// values and itself; where a block's numbers are tried, the error too. An offset takes two more. Before
// and after: weights and codes.
#define TRIED(tries, measures, has_offset) \
  (20 + (tries) * (9 + 2 * (has_offset)) + (measures) * (14 + 2 * (has_offset)))

// The tries are those of superblock_grids.c: shares of a scale, then six times the rounds.
static const struct loop loops[] = {
    {"encode Q8_0", encode_Q8_0, 4, 34 / 32., 4, .counted = 256},
    {"encode Q4_0", encode_Q4_0, 4, 18 / 32., 6, .counted = 256},
    {"encode Q4_1", encode_Q4_1, 4, 20 / 32., 7, .counted = 256},
    {"encode Q5_0", encode_Q5_0, 4, 22 / 32., 6, .counted = 256},
    {"encode Q5_1", encode_Q5_1, 4, 24 / 32., 7, .counted = 256},
    {"merge_codes", merge_codes, 2, 1, 0, .counted = 256},
    {"grid_codes", grid_codes, 4, 1, 11, .counted = 256},
    {"grid_codes, table", table_codes, 4, 1, 11, .counted = 256},
    {"search Q2_K", search_q2_k, 4, 1, TRIED(32, 36, 1), .counted = 256, .is_slow = 1},
    {"search Q3_K", search_q3_k, 4, 1, TRIED(16, 24, 0), .counted = 256, .is_slow = 1},
    {"search Q4_K", search_q4_k, 4, 1, TRIED(32, 24, 1), .counted = 512, .is_slow = 1},
    {"search Q5_K", search_q5_k, 4, 1, TRIED(32, 24, 1), .counted = 512, .is_slow = 1},
    {"search Q6_K", search_q6_k, 4, 1, TRIED(16, 6, 0), .counted = 256},
    {"search IQ4_NL", search_iq4_nl, 4, 1, TRIED(32, 3, 0), .counted = 512, .is_slow = 1},
    {"search IQ4_XS", search_iq4_xs, 4, 1, TRIED(16, 18, 0), .counted = 512, .is_slow = 1},
    // A comparison and a sum for each border.
    {"encode_codebook", encode_codebook, 8, 0.5, 33, .counted = 256},
    {"round_to_f16", round_to_f16, 4, 4, 5, .counted = 256},
    {"find_extremes", find_extremes, 4, 0, 2, .counted = 256},
    {"affine_codes", affine_codes, 4, 1, 5, .counted = 256},
};

const struct loops block_loops = {loops, sizeof loops / sizeof *loops};
