// Vectors of 16 floats as one set of instructions has them, and the levels nearest to them. The files
// that include this choose the instructions; with MMDIT_ROUNDS they can round, with MMDIT_PERMUTES
// look up one of 32 numbers.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "superblocks.h"

#include <math.h>
#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));

static inline lanes load(const float *source) {
  lanes values;
  memcpy(&values, source, sizeof values);
  return values;
}

static inline void store(float *destination, lanes values) {
  memcpy(destination, &values, sizeof values);
}

// The nearest integer, ties to even, of a magnitude below 2^22.
static inline lanes rounded(lanes values) {
#if MMDIT_ROUNDS
  return __builtin_elementwise_roundeven(values);
#else
  // What is left of the sum has no fraction bits.
  return (values + 0x1.8p23f) - 0x1.8p23f;
#endif
}

static inline lanes clamped(lanes values, float low, float high) {
  values = values > low ? values : (lanes)low;
  return values < high ? values : (lanes)high;
}

// The middle between each number of the table and the next.
static const float middles[15] = {-115.5f, -93.5f, -74, -57, -42,   -28.5f, -16, -4.5f,
                                  7,       19,     31.5f, 45.5f, 61, 79,     101};

#if MMDIT_PERMUTES
#include "block_table.h"
#else
static inline lanes table_level(lanes position) {
  lanes level = mmdit_table[0];
  for (size_t k = 0; k < 15; k++) level = position > middles[k] ? (lanes)mmdit_table[k + 1] : level;
  return level;
}

static inline lanes table_index(lanes position) {
  lanes index = 0;
  for (size_t k = 0; k < 15; k++) index += position > middles[k] ? (lanes)1 : (lanes)0;
  return index;
}
#endif

static inline lanes level_of(lanes distance, lanes inverse, mmdit_grid grid) {
  lanes position = distance * inverse;
  return grid.is_table ? table_level(position) : rounded(clamped(position, grid.low, grid.high));
}

static inline lanes inverse_of(lanes scale) {
  lanes inverse = 1 / scale;
  return __builtin_elementwise_abs(inverse) < INFINITY ? inverse : (lanes)0;
}

typedef float half_lanes __attribute__((ext_vector_type(8)));
typedef float quarter_lanes __attribute__((ext_vector_type(4)));

// The largest of lanes that are numbers.
static inline float largest_lane(lanes values) {
  half_lanes eight = __builtin_elementwise_max(values.lo, values.hi);
  quarter_lanes four = __builtin_elementwise_max(eight.lo, eight.hi);
  float first = four.x > four.z ? four.x : four.z, second = four.y > four.w ? four.y : four.w;
  return first > second ? first : second;
}
