// The loops of the types whose scale follows from the extremes, as one set of instructions runs them.
#pragma once

#include "block_loops.h"
#include "half_numbers.h"

// 32 values.
struct pair {
  lanes low;
  lanes high;
};

static inline lanes magnitudes(lanes values) { return __builtin_elementwise_abs(values); }

static inline float inverse_or_zero(float scale) {
  float inverse = 1 / scale;
  return inverse < INFINITY && inverse > -INFINITY ? inverse : 0;
}

static inline void store_half(uint8_t *bytes, uint16_t bits) {
  bytes[0] = (uint8_t)bits;
  bytes[1] = (uint8_t)(bits >> 8);
}

// Both differences are exact, so that just below a half is not taken for a half.
static inline lanes half_away(lanes position) {
  typedef int32_t whole_lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));
  lanes whole = __builtin_convertvector(__builtin_convertvector(position, whole_lanes), lanes);
  lanes rest = 2 * (position - whole);
  return whole + __builtin_convertvector(__builtin_convertvector(rest, whole_lanes), lanes);
}

// min(trunc(position), high) as bytes.
static inline code_lanes truncated(lanes position, float high) {
  return __builtin_convertvector(position < high ? position : (lanes)high, code_lanes);
}

// The first of the values of largest magnitude.
static inline float first_extreme(const float *values, struct pair x) {
  static const float order[MMDIT_CANDIDATES] = {16, 15, 14, 13, 12, 11, 10, 9,
                                                8,  7,  6,  5,  4,  3,  2,  1};
  lanes low = magnitudes(x.low), high = magnitudes(x.high);
  float magnitude = largest_lane(__builtin_elementwise_max(low, high));
  lanes places = load(order);
  lanes from_low = low == magnitude ? places + 16 : (lanes)0;
  lanes from_high = high == magnitude ? places : (lanes)0;
  return values[32 - (size_t)largest_lane(__builtin_elementwise_max(from_low, from_high))];
}

// A fifth bit of each value, if there is one, then nibbles: value i low, value i + 16 high.
static inline void store_codes(uint8_t *bytes, int is_five, code_lanes low, code_lanes high) {
  if (is_five) {
    uint8_t codes[32];
    memcpy(codes, &low, 16);
    memcpy(codes + 16, &high, 16);
    uint32_t fifths = 0;
    for (size_t i = 0; i < 32; i++) fifths |= (uint32_t)(codes[i] >> 4) << i;
    for (size_t i = 0; i < 4; i++) bytes[i] = (uint8_t)(fifths >> 8 * i);
    bytes += 4;
  }
  code_lanes nibbles = (low & 15) | (high << 4);
  memcpy(bytes, &nibbles, sizeof nibbles);
}

// d = max |x| / 127, q = x / d to nearest, halves away from zero.
static inline __attribute__((always_inline)) int32_t encode_bytes(
    const float *values, struct pair x, uint8_t *bytes) {
  typedef int8_t signed_lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));
  float scale = largest_lane(__builtin_elementwise_max(magnitudes(x.low), magnitudes(x.high))) / 127;
  float inverse = inverse_or_zero(scale);
  signed_lanes low = __builtin_convertvector(half_away(x.low * inverse), signed_lanes);
  signed_lanes high = __builtin_convertvector(half_away(x.high * inverse), signed_lanes);
  uint16_t bits = nearest_half(scale);
  store_half(bytes, bits);
  memcpy(bytes + 2, &low, sizeof low);
  memcpy(bytes + 18, &high, sizeof high);
  return bits != 0x7c00;
}

// d = m / -2^(b - 1) with m the first value of largest magnitude; q = x / d + 2^(b - 1) to nearest,
// halves up, at most 2^b - 1.
static inline __attribute__((always_inline)) int32_t encode_signed(
    const float *values, struct pair x, int is_five, uint8_t *bytes) {
  float half = is_five ? 16 : 8;
  float scale = first_extreme(values, x) / -half;
  float inverse = inverse_or_zero(scale);
  uint16_t bits = nearest_half(scale);
  store_half(bytes, bits);
  store_codes(
      bytes + 2, is_five, truncated(x.low * inverse + (half + 0.5f), 2 * half - 1),
      truncated(x.high * inverse + (half + 0.5f), 2 * half - 1));
  return (bits & 0x7fff) != 0x7c00;
}

// d = (max - min) / (2^b - 1), m = min; q = (x - m) / d to nearest, halves up.
static inline __attribute__((always_inline)) int32_t encode_range(
    const float *values, struct pair x, int is_five, uint8_t *bytes) {
  // So that -0 is stored as 0.
  float minimum = -largest_lane(__builtin_elementwise_max(-x.low, -x.high)) + 0;
  float maximum = largest_lane(__builtin_elementwise_max(x.low, x.high)) + 0;
  float high = is_five ? 31 : 15;
  float scale = (maximum - minimum) / high;
  // Infinite where the range is: then no code counts.
  float inverse = scale < INFINITY ? inverse_or_zero(scale) : 0;
  uint16_t bits = nearest_half(scale), minimum_bits = nearest_half(minimum);
  store_half(bytes, bits);
  store_half(bytes + 2, minimum_bits);
  store_codes(
      bytes + 4, is_five, truncated((x.low - minimum) * inverse + 0.5f, high),
      truncated((x.high - minimum) * inverse + 0.5f, high));
  return bits != 0x7c00 && (minimum_bits & 0x7fff) != 0x7c00;
}

static size_t round_blocks(
    const float *values, size_t block_count, int32_t type, uint8_t *bytes) {
  for (size_t b = 0; b < block_count; b++) {
    const float *block = values + 32 * b;
    struct pair x = {load(block), load(block + 16)};
    int32_t is_held = type == MMDIT_Q8_0   ? encode_bytes(block, x, bytes + 34 * b)
                      : type == MMDIT_Q4_0 ? encode_signed(block, x, 0, bytes + 18 * b)
                      : type == MMDIT_Q5_0 ? encode_signed(block, x, 1, bytes + 22 * b)
                      : type == MMDIT_Q4_1 ? encode_range(block, x, 0, bytes + 20 * b)
                                           : encode_range(block, x, 1, bytes + 24 * b);
    if (!is_held) return b;
  }
  return block_count;
}

static void decode_bytes(const uint8_t *bytes, size_t block_count, float *values) {
  typedef int8_t signed_lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));
  for (size_t b = 0; b < block_count; b++) {
    const uint8_t *block = bytes + 34 * b;
    float scale = half_number((uint16_t)(block[0] | block[1] << 8));
    signed_lanes low, high;
    memcpy(&low, block + 2, sizeof low);
    memcpy(&high, block + 18, sizeof high);
    store(values + 32 * b, scale * __builtin_convertvector(low, lanes));
    store(values + 32 * b + 16, scale * __builtin_convertvector(high, lanes));
  }
}
