// The search for the scales of ggml's types of blocks that have two levels of them, and of those with a
// table of levels. What kernels.h says of its loops holds here too: pure, the same bits at every
// level, no fused operations, arrays that do not overlap.
#pragma once

#include "blocks.h"

// How many groups of values are searched at once: one in each lane.
enum { MMDIT_GROUPS = 16 };

// What a type can say of a value: d * s * t - e * m, with levels t as `codes` has them, integers s and m
// of the group, f16 numbers d and e of the block.
typedef struct {
  mmdit_grid codes;
  int32_t group_size;       // values of a group: 16 or 32
  int32_t groups_per_block; // 1, 8 or 16
  int32_t has_minima;       // otherwise m is 0
  float lowest_integer;     // of s, and of m
  float highest_integer;
  float extreme_integer;    // what the largest scale of a block becomes
  int32_t squares_weigh;    // weights: share * mean square + x * x, or share * root of it + |x|
  float weight_share;
  int32_t share_count;      // the shares of the scale that just fits, which are tried first
  float shares[16];
  int32_t fine_count;       // shares of the best of these, tried next
  float fine_shares[16];
  float fine_offsets[16];   // in scales, from the best of these
  int32_t block_share_count; // shares of the block's numbers that just fit
  float block_shares[8];
  int32_t rounds;           // the integers tried for each of the block's numbers, 1 ... 6
} mmdit_super_grid;

// The types of ggml with two levels of scales, and IQ4_NL, whose blocks are one group with integer 1;
// or 0, where a scale of 0 is best: no level of its table is.
extern const mmdit_super_grid mmdit_q2_k, mmdit_q3_k, mmdit_q4_k, mmdit_q5_k, mmdit_q6_k,
    mmdit_iq4_nl, mmdit_iq4_xs;

// What was found for a block. The values are normalized: times the power of two that brings the largest
// magnitude into 1 ..< 2.
typedef struct {
  uint16_t scale;   // d, bits of an f16 number
  uint16_t minimum; // e
  int32_t is_found; // 0 when d or e is beyond f16: then nothing else of the block counts
  float normalizer;
  float magnitude;     // the largest, normalized
  float largest_error; // of the values decoded, normalized
} mmdit_super_block;

// Searches for the scales of blocks, which are finite values one after the other. `found` takes a
// result for each, `scales` and `minima` the integers of each group, `codes` t less the lowest, or the
// index in the table, of each value.
//
// The search: every group for itself, scales whose levels' least squares leave the least error; then
// the block's numbers with which the largest of these just fit, and some near them; for each, the
// integers of the groups by the least squares of their levels, twice; then the least squares of the
// block's numbers. Errors are weighted, and what is measured is what will be decoded. Blocks do not
// depend on each other.
void mmdit_search_blocks(
    mmdit_level level, const float *values, size_t block_count, const mmdit_super_grid *grid,
    mmdit_super_block *found, int8_t *scales, int8_t *minima, uint8_t *codes);
