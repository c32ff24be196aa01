// The numeric loops behind ggml's types of blocks. What kernels.h says of its loops holds here too:
// pure, the same bits at every level, no fused operations, arrays that do not overlap.
#pragma once

#include "kernels.h"

// MARK: Codes

// min(trunc((value - minimum) * inverse + addend), high), one code a byte.
//
// (value - minimum) * inverse + addend is in 0 ..< 2^31; a NaN gives an unspecified code.
void mmdit_truncated_codes(
    mmdit_level level, const float *values, size_t count, float minimum, float inverse,
    float addend, float high, uint8_t *codes);

// value * inverse rounded to nearest, ties away from zero, as bytes with sign.
//
// Its magnitude is at most 127; a NaN gives an unspecified code.
void mmdit_half_away_codes(
    mmdit_level level, const float *values, size_t count, float inverse, uint8_t *codes);

// How a value x becomes a level t, with a scale and an offset:
//   t = rint(min(max((x - offset) / scale, low), high))
// and what it is decoded as: offset + scale * t. low and high are integers of a magnitude below
// 2^22; the quotient is (x - offset) * (1 / scale), or 0 where 1 / scale is not finite.
//
// With `is_table` t is instead the nearest of the 16 numbers of ggml's table for 4-bit codes,
// mmdit_table, at a tie the lower; low and high play no part.
typedef struct {
  float low;
  float high;
  int32_t is_table;
} mmdit_grid;

// -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113.
extern const float mmdit_table[16];

// t - low, or the index in the table, one code a byte.
void mmdit_grid_codes(
    mmdit_level level, const float *values, size_t count, mmdit_grid grid, float scale,
    float offset, uint8_t *codes);

// MARK: Search for scale and offset

// Of 16 candidates, the first with the least weighted sum of squared errors:
//   sum of (w * e) * e, e = (x - offset) - scale * t
// in float, in the order of the values. `candidates` holds 16 scales, then 16 offsets.
typedef struct {
  float error;
  int32_t index;
} mmdit_best;

mmdit_best mmdit_grid_best(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    const float *candidates);

// For the levels of each of 16 candidates, the scale and offset with the least weighted sum of
// squared errors, offsets above 0 taken as 0; with `has_offset` 0 all offsets are 0.
//
// Sums are in float, in the order of the values, and the least squares solved in float: what comes
// out is near the best, and may be not finite where levels do not differ. `fitted` takes 16 scales,
// then 16 offsets.
void mmdit_grid_fit(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    int32_t has_offset, const float *candidates, float *fitted);

typedef struct {
  float weight;  // sum of w
  float value;   // sum of w * x
  float level;   // sum of w * t
  float square;  // sum of (w * t) * t
  float product; // sum of (w * t) * x
} mmdit_grid_sums;

// Order of the sums: 16 lanes, index modulo 16, in float; then lane i + lane (i + 8), + 4, + 2, + 1.
// `count` is a multiple of 16.
mmdit_grid_sums mmdit_sum_grid(
    mmdit_level level, const float *values, const float *weights, size_t count, mmdit_grid grid,
    float scale, float offset);
