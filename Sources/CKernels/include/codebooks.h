// The numeric loops behind codes that other runtimes look up in tables, and behind f16 numbers in their
// place. What kernels.h says of its loops holds here too: pure, the same bits at every level, no fused
// operations, arrays that do not overlap.
#pragma once

#include "kernels.h"

// How many values share a magnitude.
enum { MMDIT_CODEBOOK_BLOCK = 64 };

// The largest magnitude m of each block of 64 finite values, the last of which may have fewer, and codes:
//   code = order[how many of the 15 ascending borders are below value * (1 / max(m, 1e-38))]
// two to a byte, the even index in the high nibble; behind an odd count the code of a value of 0.
// `packed` has (count + 1) / 2 bytes, `magnitudes` (count + 63) / 64 numbers.
void mmdit_encode_codebook(
    mmdit_level level, const float *values, size_t count, const float *borders,
    const uint8_t *order, uint8_t *packed, float *magnitudes);

// The nearest number of f16 of each value, ties to even, as a float; infinite from 65520 on. A NaN gives
// an unspecified number, and -0 may become 0.
void mmdit_round_to_f16(
    mmdit_level level, const float *values, size_t count, float *rounded);

typedef struct {
  float minimum;
  float maximum;
} mmdit_extremes;

// The least and the largest of finite values, of which there is at least one; the sign of a zero is
// unspecified.
mmdit_extremes mmdit_find_extremes(mmdit_level level, const float *values, size_t count);

// rint(min(max((value - bias) / scale, 0), high)), one code a byte. high is at most 255, the scale not 0.
void mmdit_affine_codes(
    mmdit_level level, const float *values, size_t count, float scale, float bias, float high,
    uint8_t *codes);
