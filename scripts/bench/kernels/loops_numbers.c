// The loops of kernels.h, checksum.h and comparison.h.
#include "checksum.h"
#include "comparison.h"
#include "loops.h"

enum { GROUP = 64 }; // values that share a scale

static const mmdit_quantizer int8_codes = {1000, -127, 127, 0};
static const mmdit_quantizer int4_codes = {100, -8, 7, 8};

static void bf16_to_f32(mmdit_level level) {
  mmdit_bf16_to_f32(level, halves, output, value_count);
}

static void f16_to_f32(mmdit_level level) {
  mmdit_f16_to_f32(level, halves, output, value_count);
}

static void f32_to_bf16(mmdit_level level) {
  mmdit_f32_to_bf16(level, inputs[0], halves, value_count);
}

static void max_magnitude(mmdit_level level) {
  sink += mmdit_max_magnitude(level, inputs[0], value_count);
}

// Of a number that is not there.
static void find_magnitude(mmdit_level level) {
  sink += (double)mmdit_find_magnitude(level, inputs[0], value_count, 0x7f800000);
}

static void range_with_zero(mmdit_level level) {
  sink += (double)mmdit_range_with_zero(level, inputs[0], value_count).maximum;
}

static void quantize_bytes(mmdit_level level) {
  mmdit_quantize_bytes(level, inputs[0], value_count, int8_codes, bytes);
}

static void quantize_nibbles(mmdit_level level) {
  for (size_t i = 0; i < value_count; i += GROUP)
    mmdit_quantize_nibbles(level, inputs[0] + i, GROUP, int4_codes, bytes + i / 2);
}

static void dequantize_int8(mmdit_level level) {
  mmdit_dequantize_int8(level, bytes, value_count, 0.001f, output);
}

static void dequantize_uint8(mmdit_level level) {
  for (size_t i = 0; i < value_count; i += GROUP)
    mmdit_dequantize_uint8(level, bytes + i, GROUP, 0.001f, 128, output + i);
}

static void dequantize_nibbles(mmdit_level level) {
  for (size_t i = 0; i < value_count; i += GROUP)
    mmdit_dequantize_nibbles(level, bytes + i / 2, GROUP, 0.01f, 8, output + i);
}

static void scale_errors(mmdit_level level) {
  float candidates[4 * MMDIT_CANDIDATES];
  double errors[MMDIT_CANDIDATES];
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) {
    candidates[c] = 0.3f + 0.006f * (float)c;
    candidates[MMDIT_CANDIDATES + c] = 1 / candidates[c];
    candidates[2 * MMDIT_CANDIDATES + c] = -8;
    candidates[3 * MMDIT_CANDIDATES + c] = 7;
  }
  for (size_t i = 0; i < value_count; i += GROUP) {
    mmdit_scale_errors(level, inputs[0] + i, GROUP, 32, candidates, errors);
    sink += errors[0];
  }
}

static void best_of_scales(mmdit_level level) {
  float scales[MMDIT_CANDIDATES];
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) scales[c] = 0.008f + 0.0002f * (float)c;
  mmdit_scale_grid grid = {MMDIT_SCALE_BF16, 0x1p-126f, 8, 0.01f, -8, 7};
  for (size_t i = 0; i < value_count; i += GROUP)
    sink += mmdit_best_of_scales(level, inputs[0] + i, GROUP, 32, scales, grid).error;
}

static void level_moments(mmdit_level level) {
  for (size_t i = 0; i < value_count; i += GROUP)
    sink += mmdit_level_moments(level, inputs[0] + i, GROUP, 32, int4_codes).value_level;
}

static void compare(mmdit_level level) {
  sink += mmdit_compare(level, inputs[0], inputs[1], value_count).squared_error;
}

// Its bytes are those of as many values in bf16.
static void crc32(mmdit_level level) { sink += mmdit_crc32(level, 0, halves, 2 * value_count); }

// An error of a candidate: two products to a level, rounded and bounded, two more to its square, a
// difference and a sum.
enum { ERRORS = 8 * MMDIT_CANDIDATES };

static const struct loop loops[] = {
    {"bf16_to_f32", bf16_to_f32, 2, 4, 0, .counted = 256, .is_streamed = 1},
    {"f16_to_f32", f16_to_f32, 2, 4, 0, .counted = 256},
    {"f32_to_bf16", f32_to_bf16, 4, 2, 0, .counted = 256, .is_streamed = 1},
    {"max_magnitude", max_magnitude, 4, 0, 1, .counted = 256, .is_streamed = 1},
    {"find_magnitude", find_magnitude, 4, 0, 1, .counted = 256},
    {"range_with_zero", range_with_zero, 4, 0, 2, .counted = 256},
    {"quantize_bytes", quantize_bytes, 4, 1, 4, .counted = 256, .is_streamed = 1},
    {"quantize_nibbles", quantize_nibbles, 4, 0.5, 4, .counted = 256},
    {"dequantize_int8", dequantize_int8, 1, 4, 2, .counted = 256, .is_streamed = 1},
    {"dequantize_uint8", dequantize_uint8, 1, 4, 3, .counted = 256},
    {"dequantize_nibbles", dequantize_nibbles, 0.5, 4, 3, .counted = 256},
    {"scale_errors", scale_errors, 4, 0, ERRORS, .counted = 64},
    {"best_of_scales", best_of_scales, 4, 0, ERRORS, .counted = 64},
    // The level, its two products with sums, and the normalizer.
    {"level_moments", level_moments, 4, 0, 9, .counted = 256},
    // Of doubles two conversions, a difference, its magnitude and largest, four squares with sums; of
    // floats whether they are finite, the least and the largest.
    {"compare", compare, 8, 0, 2 * 13 + 6, .counted = 256, .is_streamed = 1},
    {"crc32", crc32, 2, 0, 0, .levels = OF_CHECKSUMS, .counted = 512, .is_streamed = 1},
};

const struct loops number_loops = {loops, sizeof loops / sizeof *loops};
