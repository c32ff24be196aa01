// The numeric loops behind ggml's types of blocks. What kernels.h says of its loops holds here too:
// pure, the same bits at every level, no fused operations, arrays that do not overlap.
#pragma once

#include "kernels.h"

// MARK: Types whose scale follows from the extremes

enum {
  MMDIT_Q4_0 = 2, // ggml's numbers of the types
  MMDIT_Q4_1 = 3,
  MMDIT_Q5_0 = 6,
  MMDIT_Q5_1 = 7,
  MMDIT_Q8_0 = 8,
};

// Encodes blocks of 32 finite values to the bytes of ggml's own encoder, but that a minimum of 0 has no
// sign: codes are rounded with the scale as it was before it was rounded to f16.
//
// Gives the index of the first block whose scale or minimum is beyond f16, of which and behind which the
// bytes are unspecified; block_count where there is none.
size_t mmdit_encode_blocks(
    mmdit_level level, const float *values, size_t block_count, int32_t type, uint8_t *bytes);

// Decodes blocks of Q8_0: the scale, an f16 number, times each of 32 signed bytes. A scale that is not a
// number keeps its bits as far as they go.
void mmdit_decode_bytes(mmdit_level level, const uint8_t *bytes, size_t block_count, float *values);

// MARK: Codes

// bytes[i] |= ((codes[i] >> right) & mask) << left, of which the low eight bits are kept: bits of codes
// to their place among others.
void mmdit_merge_codes(
    mmdit_level level, const uint8_t *codes, size_t count, int32_t right, int32_t mask,
    int32_t left, uint8_t *bytes);

// How a value x becomes a level t, with a scale and an offset:
//   t = rint(min(max((x - offset) / scale, low), high))
// and what it is decoded as: offset + scale * t. low and high are integers of a magnitude below
// 2^22; the quotient is (x - offset) * (1 / scale), or 0 where 1 / scale is not finite.
//
// With `is_table` t is instead the nearest of the 16 numbers of ggml's table for 4-bit codes,
// mmdit_table, at a tie the lower; low and high are its first and last.
typedef struct {
  float low;
  float high;
  int32_t is_table;
} mmdit_grid;

// -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113.
extern const float mmdit_table[16];

// t - low, or the index in the table, one code a byte, of the values x = value * normalizer. Gives the
// largest |(x - offset) - scale * t|. `count` is a multiple of 16.
float mmdit_grid_codes(
    mmdit_level level, const float *values, size_t count, mmdit_grid grid, float normalizer,
    float scale, float offset, uint8_t *codes);
