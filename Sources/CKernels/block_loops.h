// The loops of blocks.h as one set of instructions runs them: the files that include this choose
// the instructions, the compiler makes vectors of them. One candidate in each lane, so that no sum
// crosses lanes.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "block_levels.h"

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

// Adding and taking away 1.5 * 2^23 leaves the nearest integer, ties to even, of a magnitude
// below 2^22.
static inline lanes rounded(lanes values) { return (values + 0x1.8p23f) - 0x1.8p23f; }

static inline lanes clamped(lanes values, float low, float high) {
  values = values > low ? values : (lanes)low;
  return values < high ? values : (lanes)high;
}

// The middle between each number of the table and the next.
static const float middles[15] = {-115.5f, -93.5f, -74, -57, -42,   -28.5f, -16, -4.5f,
                                  7,       19,     31.5f, 45.5f, 61, 79,     101};

static inline lanes table_level(lanes position) {
  lanes level = mmdit_table[0];
  for (size_t k = 0; k < 15; k++) level = position > middles[k] ? (lanes)mmdit_table[k + 1] : level;
  return level;
}

static inline lanes level_of(lanes distance, lanes inverse, mmdit_grid grid) {
  lanes position = distance * inverse;
  return grid.is_table ? table_level(position) : rounded(clamped(position, grid.low, grid.high));
}

static inline lanes inverse_of(lanes scale) {
  lanes inverse = 1 / scale;
  return __builtin_elementwise_abs(inverse) < INFINITY ? inverse : (lanes)0;
}

static inline __attribute__((always_inline)) lanes errors_of(
    const float *values, const float *weights, size_t count, mmdit_grid grid, lanes scale,
    lanes offset) {
  lanes inverse = inverse_of(scale);
  lanes sum = 0;
  for (size_t i = 0; i < count; i++) {
    lanes distance = values[i] - offset;
    lanes error = distance - scale * level_of(distance, inverse, grid);
    sum += weights[i] * error * error;
  }
  return sum;
}

// The branch on the kind of grid is taken once, not for every value.
static mmdit_best grid_best(
    const float *values, const float *weights, size_t count, mmdit_grid grid,
    const float *candidates) {
  mmdit_grid steps = {grid.low, grid.high, 0}, table = {0, 0, 1};
  lanes scale = load(candidates), offset = load(candidates + MMDIT_CANDIDATES);
  lanes sum = grid.is_table ? errors_of(values, weights, count, table, scale, offset)
                            : errors_of(values, weights, count, steps, scale, offset);
  // Errors are not negative, so that their order is that of their bits, NaN last. The index below
  // them finds the least without a branch, which would be taken at random.
  uint32_t bits[MMDIT_CANDIDATES];
  memcpy(bits, &sum, sizeof bits);
  uint64_t least = UINT64_MAX;
  for (uint64_t c = 0; c < MMDIT_CANDIDATES; c++) {
    uint64_t key = (uint64_t)bits[c] << 4 | c;
    least = key < least ? key : least;
  }
  mmdit_best best = {0, (int32_t)(least & 15)};
  uint32_t error = (uint32_t)(least >> 4);
  memcpy(&best.error, &error, sizeof error);
  return best;
}

static inline __attribute__((always_inline)) void fit_in(
    const float *values, const float *weights, size_t count, mmdit_grid grid, int32_t has_offset,
    lanes scale, lanes offset, float *fitted) {
  lanes inverse = inverse_of(scale);
  lanes level_sum = 0, square_sum = 0, product_sum = 0;
  float weight_sum = 0, value_sum = 0;
  for (size_t i = 0; i < count; i++) {
    lanes level = level_of(values[i] - offset, inverse, grid);
    lanes weighted = weights[i] * level;
    level_sum += weighted;
    square_sum += weighted * level;
    product_sum += weighted * values[i];
    weight_sum += weights[i];
    value_sum += weights[i] * values[i];
  }
  lanes alone = product_sum / square_sum;
  if (!has_offset) {
    store(fitted, alone);
    store(fitted + MMDIT_CANDIDATES, (lanes)0);
    return;
  }
  lanes determinant = weight_sum * square_sum - level_sum * level_sum;
  lanes both = (weight_sum * product_sum - value_sum * level_sum) / determinant;
  lanes rest = (value_sum - both * level_sum) / weight_sum;
  store(fitted, rest > 0 ? alone : both);
  store(fitted + MMDIT_CANDIDATES, rest > 0 ? (lanes)0 : rest);
}

static void grid_fit(
    const float *values, const float *weights, size_t count, mmdit_grid grid, int32_t has_offset,
    const float *candidates, float *fitted) {
  mmdit_grid steps = {grid.low, grid.high, 0}, table = {0, 0, 1};
  lanes scale = load(candidates), offset = load(candidates + MMDIT_CANDIDATES);
  if (grid.is_table)
    fit_in(values, weights, count, table, has_offset, scale, offset, fitted);
  else
    fit_in(values, weights, count, steps, has_offset, scale, offset, fitted);
}

static inline float tree_sum(lanes values) {
  float sums[MMDIT_CANDIDATES];
  store(sums, values);
  for (size_t half = MMDIT_CANDIDATES / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) sums[i] += sums[i + half];
  return sums[0];
}

// Here the lanes are 16 values.
static mmdit_grid_sums sum_grid(
    const float *values, const float *weights, size_t count, mmdit_grid grid, float scale,
    float offset) {
  lanes inverse = inverse_of((lanes)scale);
  lanes weight = 0, value = 0, level = 0, square = 0, product = 0;
  for (size_t i = 0; i < count; i += MMDIT_CANDIDATES) {
    lanes x = load(values + i), w = load(weights + i);
    lanes t = level_of(x - offset, inverse, grid);
    weight += w;
    value += w * x;
    level += w * t;
    square += w * t * t;
    product += w * t * x;
  }
  return (mmdit_grid_sums){
      tree_sum(weight), tree_sum(value), tree_sum(level), tree_sum(square), tree_sum(product)};
}

static void grid_codes(
    const float *values, size_t count, mmdit_grid grid, float scale, float offset,
    uint8_t *codes) {
  float inverse = fabsf(1 / scale) < INFINITY ? 1 / scale : 0;
  if (grid.is_table) {
    for (size_t i = 0; i < count; i++) {
      uint8_t code = 0;
      for (size_t k = 0; k < 15; k++) code += (values[i] - offset) * inverse > middles[k];
      codes[i] = code;
    }
    return;
  }
  for (size_t i = 0; i < count; i++) {
    float position = (values[i] - offset) * inverse;
    position = position > grid.low ? position : grid.low;
    position = position < grid.high ? position : grid.high;
    codes[i] = (uint8_t)(int32_t)(((position + 0x1.8p23f) - 0x1.8p23f) - grid.low);
  }
}

static void truncated_codes(
    const float *values, size_t count, float minimum, float inverse, float addend, float high,
    uint8_t *codes) {
  for (size_t i = 0; i < count; i++) {
    float position = (values[i] - minimum) * inverse + addend;
    codes[i] = (uint8_t)(int32_t)(position < high ? position : high);
  }
}

static void half_away_codes(const float *values, size_t count, float inverse, uint8_t *codes) {
  for (size_t i = 0; i < count; i++) {
    float position = values[i] * inverse;
    // Both differences are exact, so that just below a half is not taken for a half.
    float whole = (float)(int32_t)position;
    codes[i] = (uint8_t)(int32_t)(whole + (float)(int32_t)(2 * (position - whole)));
  }
}
