// The numeric loops that are worth vector instructions, and nothing else. Those of ggml's types of
// blocks are in blocks.h, checksums in checksum.h.
//
// Every loop exists once for each level below. The levels agree bit for bit: multiplications and
// additions are never fused, sums have the fixed order stated at each function, and rounding is to
// nearest, ties to even. Where an input NaN reaches a floating-point result, which NaN it becomes
// is unspecified.
//
// All functions are pure: they allocate nothing, call nothing, and touch only the arrays they are
// given. Arrays do not overlap. A count of 0 touches nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A set of instructions. Each level contains the ones before it.
enum {
  MMDIT_KERNELS_SCALAR = 0,
  MMDIT_KERNELS_AVX2 = 1,   // AVX2, F16C and FMA
  MMDIT_KERNELS_AVX512 = 2, // AVX-512 F, BW, VL, DQ
};

// One of the levels above. A level beyond mmdit_best_level() is an illegal instruction.
typedef int32_t mmdit_level;

// The highest level this processor runs; MMDIT_KERNELS_SCALAR on other architectures than x86-64.
mmdit_level mmdit_best_level(void);

// MARK: Conversions

// bfloat16 (little endian, any alignment) to float: exact; every NaN keeps its bits.
void mmdit_bf16_to_f32(mmdit_level level, const void *source, float *destination, size_t count);

// IEEE binary16 (little endian, any alignment) to float: exact; a signalling NaN becomes quiet.
void mmdit_f16_to_f32(mmdit_level level, const void *source, float *destination, size_t count);

// float to bfloat16 (any alignment): nearest, ties to even; beyond the largest finite value it is
// infinity; a NaN keeps its sign and upper bits and becomes quiet.
void mmdit_f32_to_bf16(mmdit_level level, const float *source, void *destination, size_t count);

// MARK: Extremes

// The largest `bits & 0x7fffffff` of the values: the bits of their largest magnitude. As integers
// these order finite < infinite < NaN, so one comparison with 0x7f800000 finds every value that is
// not finite. 0 when count is 0.
uint32_t mmdit_max_magnitude(mmdit_level level, const float *values, size_t count);

// The first index whose value has these magnitude bits; count when there is none.
size_t mmdit_find_magnitude(
    mmdit_level level, const float *values, size_t count, uint32_t magnitude);

typedef struct {
  float minimum;
  float maximum;
} mmdit_range;

// The least and the largest of +0 and the values, NaN ignored: the range widened to include 0.
// Neither is ever -0.
mmdit_range mmdit_range_with_zero(mmdit_level level, const float *values, size_t count);

// MARK: Codes

// How a value becomes an integer level t, and t a code:
//   t = min(max(rint(value * inverse_scale), low), high)      code = t + offset
// low <= 0 <= high are integers. A NaN becomes low.
typedef struct {
  float inverse_scale;
  float low;
  float high;
  int32_t offset;
} mmdit_quantizer;

// One code a byte, the low eight bits of it.
void mmdit_quantize_bytes(
    mmdit_level level, const float *values, size_t count, mmdit_quantizer quantizer,
    uint8_t *codes);

// Two codes a byte: the even index in the low nibble. `codes` has (count + 1) / 2 bytes; the high
// nibble of an odd count's last byte is 0.
void mmdit_quantize_nibbles(
    mmdit_level level, const float *values, size_t count, mmdit_quantizer quantizer,
    uint8_t *codes);

// scale * (code - zero), the codes bytes with sign.
void mmdit_dequantize_int8(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, float *values);

// scale * (code - zero), the codes bytes without sign.
void mmdit_dequantize_uint8(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, int32_t zero,
    float *values);

// scale * (code - zero), two codes a byte, the even index in the low nibble.
void mmdit_dequantize_nibbles(
    mmdit_level level, const uint8_t *codes, size_t count, float scale, int32_t zero,
    float *values);

// MARK: Search for a scale

// How many scales are measured at once.
enum { MMDIT_CANDIDATES = 16 };

// The sum of squared errors of quantizing the values with each of 16 scales.
//
// With x = value * normalizer, for each candidate c:
//   t = min(max(rint(x * inverse[c]), low[c]), high[c])
//   errors[c] = sum of (x - scale[c] * t)²
// `candidates` holds scale, inverse, low and high, 16 floats each. A power of two as the
// normalizer keeps the squares in range without changing any t.
//
// Order of the sum: blocks of 64 values; in a block the even and the odd indices are summed apart
// in float, in order, then added; the blocks are summed in double, in order. A block's sum is off
// by at most 36 roundings, less than 2^-18 of it, when no square underflows.
void mmdit_scale_errors(
    mmdit_level level, const float *values, size_t count, float normalizer,
    const float *candidates, double *errors);

// What scales are stored as.
enum { MMDIT_SCALE_F32 = 0, MMDIT_SCALE_F16 = 1, MMDIT_SCALE_BF16 = 2 };

// How a scale becomes the one that is stored, and the levels it serves.
typedef struct {
  int32_t type;   // one of the above: rounded to it, to nearest, ties to even
  float least;    // a magnitude below it is raised to it; the sign is that before rounding
  float span;     // where the magnitude times this is not finite,
  float fallback; // this stands in
  float low;
  float high;
} mmdit_scale_grid;

typedef struct {
  double error;       // the least error of the candidates
  double first_error; // that of the first
  float scale;        // the candidate with the least error, as stored
} mmdit_best_scale;

// The best of 16 scales, each rounded as it will be stored; none is NaN.
//
// Errors are those of mmdit_scale_errors, with scale = stored * normalizer and its reciprocal. Of errors
// that differ in the lowest four bits only, the first is taken; `normalizer` is a power of two.
mmdit_best_scale mmdit_best_of_scales(
    mmdit_level level, const float *values, size_t count, float normalizer, const float *scales,
    mmdit_scale_grid grid);

typedef struct {
  double value_level; // sum of x * t
  double level_level; // sum of t * t
} mmdit_moments;

// The sums of which value_level / level_level is the scale with the least squared error for the
// levels t that the quantizer gives; x and t as in mmdit_scale_errors.
//
// Order of the sums: blocks of 64 values; in a block 16 lanes, index modulo 16, in float; then
// lane i + lane (i + 8), + 4, + 2, + 1; the blocks are summed in double, in order.
mmdit_moments mmdit_level_moments(
    mmdit_level level, const float *values, size_t count, float normalizer,
    mmdit_quantizer quantizer);
