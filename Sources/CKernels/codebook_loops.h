// The loops of codebooks.h as one set of instructions runs them.
#pragma once

#include "block_loops.h"
#include "codebooks.h"

// How many borders lie below each value.
static inline lanes borders_below(lanes values, const float *borders) {
  lanes count = 0;
  for (size_t k = 0; k < 15; k++) count += values > borders[k] ? (lanes)1 : (lanes)0;
  return count;
}

// 64 values; gives their largest magnitude.
static inline float encode_codebook_block(
    const float *values, const float *borders, const uint8_t *order, uint8_t *packed) {
  lanes largest = 0;
  for (size_t i = 0; i < MMDIT_CODEBOOK_BLOCK; i += MMDIT_CANDIDATES)
    largest = __builtin_elementwise_max(largest, __builtin_elementwise_abs(load(values + i)));
  float magnitude = largest_lane(largest);
  float inverse = 1 / (magnitude > 1e-38f ? magnitude : 1e-38f);
  uint8_t codes[MMDIT_CODEBOOK_BLOCK];
  for (size_t i = 0; i < MMDIT_CODEBOOK_BLOCK; i += MMDIT_CANDIDATES) {
    code_lanes indices =
        __builtin_convertvector(borders_below(load(values + i) * inverse, borders), code_lanes);
    memcpy(codes + i, &indices, sizeof indices);
  }
  for (size_t i = 0; i < MMDIT_CODEBOOK_BLOCK / 2; i++)
    packed[i] = (uint8_t)(order[codes[2 * i]] << 4 | order[codes[2 * i + 1]]);
  return magnitude;
}

static void encode_codebook(
    const float *values, size_t count, const float *borders, const uint8_t *order,
    uint8_t *packed, float *magnitudes) {
  size_t whole = count / MMDIT_CODEBOOK_BLOCK;
  for (size_t b = 0; b < whole; b++)
    magnitudes[b] = encode_codebook_block(
        values + b * MMDIT_CODEBOOK_BLOCK, borders, order, packed + b * MMDIT_CODEBOOK_BLOCK / 2);
  size_t done = whole * MMDIT_CODEBOOK_BLOCK;
  if (done == count) return;
  float rest[MMDIT_CODEBOOK_BLOCK] = {0};
  uint8_t bytes[MMDIT_CODEBOOK_BLOCK / 2];
  memcpy(rest, values + done, (count - done) * sizeof *rest);
  magnitudes[whole] = encode_codebook_block(rest, borders, order, bytes);
  memcpy(packed + done / 2, bytes, (count - done + 1) / 2);
}

static inline lanes rounded_to_f16(lanes values) {
  typedef uint32_t bit_lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));
  lanes magnitude = __builtin_elementwise_abs(values);
  bit_lanes bits;
  memcpy(&bits, &values, sizeof bits);
  bit_lanes sign = bits & 0x80000000;
  // f16 has 13 fraction bits less.
  bits = (bits + 0xfff + (bits >> 13 & 1)) & 0xffffe000;
  bit_lanes infinite = sign | 0x7f800000;
  lanes normal, beyond;
  memcpy(&normal, &bits, sizeof bits);
  memcpy(&beyond, &infinite, sizeof infinite);
  normal = magnitude < 65520 ? normal : beyond;
  // Below its normal numbers f16 has multiples of 2^-24, the step of float from 1/2 to 1.
  lanes small = (values + 0.75f) - 0.75f;
  return magnitude < 0x1p-14f ? small : normal;
}

static void round_to_f16(const float *values, size_t count, float *rounded) {
  size_t whole = count / MMDIT_CANDIDATES * MMDIT_CANDIDATES;
  for (size_t i = 0; i < whole; i += MMDIT_CANDIDATES)
    store(rounded + i, rounded_to_f16(load(values + i)));
  if (whole == count) return;
  float rest[MMDIT_CANDIDATES] = {0};
  memcpy(rest, values + whole, (count - whole) * sizeof *rest);
  store(rest, rounded_to_f16(load(rest)));
  memcpy(rounded + whole, rest, (count - whole) * sizeof *rest);
}

static mmdit_extremes find_extremes(const float *values, size_t count) {
  // The negated values, so that both are a maximum.
  lanes low = -values[0], high = values[0];
  size_t whole = count / MMDIT_CANDIDATES * MMDIT_CANDIDATES;
  for (size_t i = 0; i < whole; i += MMDIT_CANDIDATES) {
    lanes x = load(values + i);
    low = __builtin_elementwise_max(low, -x);
    high = __builtin_elementwise_max(high, x);
  }
  mmdit_extremes found = {-largest_lane(low), largest_lane(high)};
  for (size_t i = whole; i < count; i++) {
    if (values[i] < found.minimum) found.minimum = values[i];
    if (values[i] > found.maximum) found.maximum = values[i];
  }
  return found;
}

static void affine_codes(
    const float *values, size_t count, float scale, float bias, float high, uint8_t *codes) {
  for (size_t i = 0; i < count; i++) {
    float code = (values[i] - bias) / scale;
    code = code > 0 ? code : 0;
    code = code < high ? code : high;
    codes[i] = (uint8_t)(int32_t)((code + 0x1.8p23f) - 0x1.8p23f);
  }
}
