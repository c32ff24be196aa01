// The loops of blocks.h as one set of instructions runs them: the compiler makes vectors of them.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "block_lanes.h"

typedef uint8_t code_lanes __attribute__((ext_vector_type(MMDIT_CANDIDATES)));

static void merge_codes(
    const uint8_t *codes, size_t count, int32_t right, int32_t mask, int32_t left,
    uint8_t *bytes) {
  for (size_t i = 0; i < count; i++)
    bytes[i] = (uint8_t)(bytes[i] | ((codes[i] >> right) & mask) << left);
}

static float grid_codes(
    const float *values, size_t count, mmdit_grid grid, float normalizer, float scale,
    float offset, uint8_t *codes) {
  lanes inverse = inverse_of((lanes)scale);
  lanes largest = 0;
  for (size_t k = 0; k < count; k += MMDIT_CANDIDATES) {
    lanes distance = load(values + k) * normalizer - offset;
    lanes position = distance * inverse;
    lanes level = level_of(distance, inverse, grid);
    lanes index = grid.is_table ? table_index(position) : level - grid.low;
    code_lanes bytes = __builtin_convertvector(index, code_lanes);
    memcpy(codes + k, &bytes, sizeof bytes);
    lanes error = __builtin_elementwise_abs(distance - scale * level);
    largest = error > largest ? error : largest;
  }
  return largest_lane(largest);
}
