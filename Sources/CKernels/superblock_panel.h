// Groups of values side by side: one in each lane, so that no sum of a group crosses lanes.
#pragma once

#include "block_lanes.h"

enum { LARGEST_GROUP = 32 };

// The values of 16 groups and their weights, value k of every group side by side.
struct panel {
  lanes values[LARGEST_GROUP];
  lanes weights[LARGEST_GROUP];
  size_t size;
  lanes weight;  // sum of w
  lanes value;   // sum of w * x
  lanes square;  // sum of (w * x) * x
};

// Values k ..< k + 16 of each group, of the first block in place of those that are missing.
static inline void transpose_values(
    struct panel *panel, const float *values, size_t block_count, size_t width, size_t k) {
  lanes rows[MMDIT_GROUPS], mixed[MMDIT_GROUPS];
  for (size_t g = 0; g < MMDIT_GROUPS; g++) {
    size_t block = g / width < block_count ? g / width : 0;
    rows[g] = load(values + (block * width + g % width) * panel->size + k);
  }
  // Four perfect shuffles: each turns the eight bits of an element's row and column by one.
  for (size_t turn = 0; turn < 4; turn++) {
    for (size_t i = 0; i < 8; i++) {
      mixed[2 * i] = __builtin_shufflevector(
          rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(
          rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(rows, mixed, sizeof rows);
  }
  memcpy(panel->values + k, rows, sizeof rows);
}

// Takes values over, times a power of two for each block, and weighs them.
static inline void fill_panel(
    struct panel *panel, const float *values, size_t block_count, const mmdit_super_grid *grid,
    float *denormalizers, float *magnitudes) {
  size_t size = (size_t)grid->group_size, width = (size_t)grid->groups_per_block;
  size_t count = size * width;
  float normalizers[MMDIT_GROUPS];
  for (size_t b = 0; b < MMDIT_GROUPS / width; b++) {
    const float *block = values + (b < block_count ? b : 0) * count;
    lanes largest = 0;
    for (size_t i = 0; i < count; i += MMDIT_GROUPS) {
      lanes x = __builtin_elementwise_abs(load(block + i));
      largest = x > largest ? x : largest;
    }
    float magnitude = largest_lane(largest);
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    int32_t exponent = (int32_t)(bits >> 23) - 127;
    exponent = magnitude == 0 ? 0 : exponent < -126 ? -126 : exponent > 126 ? 126 : exponent;
    uint32_t up = (uint32_t)(127 - exponent) << 23, down = (uint32_t)(127 + exponent) << 23;
    float normalizer, denormalizer;
    memcpy(&normalizer, &up, sizeof up);
    memcpy(&denormalizer, &down, sizeof down);
    for (size_t g = b * width; g < (b + 1) * width; g++) {
      normalizers[g] = normalizer;
      denormalizers[g] = denormalizer;
      magnitudes[g] = magnitude * normalizer;
    }
  }
  panel->size = size;
  panel->weight = panel->value = panel->square = 0;
  lanes normalizer = load(normalizers), squares = 0;
  for (size_t k = 0; k < size; k++) {
    if (k % MMDIT_GROUPS == 0) transpose_values(panel, values, block_count, width, k);
    lanes x = panel->values[k] * normalizer;
    panel->values[k] = x;
    squares += x * x;
  }
  lanes mean = squares * (1 / (float)size);
  lanes base = grid->weight_share * (grid->squares_weigh ? mean : __builtin_elementwise_sqrt(mean));
  for (size_t k = 0; k < size; k++) {
    lanes x = panel->values[k];
    lanes w = base + (grid->squares_weigh ? x * x : __builtin_elementwise_abs(x));
    panel->weights[k] = w;
    panel->weight += w;
    panel->value += w * x;
    panel->square += w * x * x;
  }
}
