// The search of superblocks.h as one set of instructions runs it.
#pragma once

#include "superblock_numbers.h"

static inline __attribute__((always_inline)) void search(
    const struct panel *panel, const mmdit_super_grid *grid, mmdit_grid codes, int has_minima,
    const float *denormalizers, struct choice *best) {
  struct fit fit = fitted(panel, grid, codes, has_minima);
  struct numbers cover = covering(&fit, grid);
  int32_t all[MMDIT_GROUPS], is_wanted[MMDIT_GROUPS];
  float squares[MMDIT_GROUPS];
  store(squares, panel->square);
  for (size_t g = 0; g < MMDIT_GROUPS; g++) {
    all[g] = 1;
    best->error[g] = (double)INFINITY;
  }
  for (int32_t c = 0; c < grid->block_share_count; c++) {
    struct numbers numbers = cover;
    for (size_t g = 0; g < MMDIT_GROUPS; g++) {
      numbers.scale[g] *= grid->block_shares[c];
      numbers.minimum[g] *= grid->block_shares[c];
    }
    measure(panel, grid, codes, has_minima, &fit, &numbers, denormalizers, all, best);
  }
  for (size_t round = 0; round < 2; round++) {
    struct numbers numbers = refined(panel, grid, best, is_wanted);
    measure(panel, grid, codes, has_minima, &fit, &numbers, denormalizers, is_wanted, best);
  }
  // Values on a grid leave no error but the rounding of the block's numbers: the f16 numbers next to
  // the best ones.
  size_t width = (size_t)grid->groups_per_block;
  int32_t is_any = 0;
  for (size_t b = 0; b < MMDIT_GROUPS; b += width) {
    double square = 0;
    for (size_t g = b; g < b + width; g++) square += (double)squares[g];
    for (size_t g = b; g < b + width; g++) is_wanted[g] = best->error[b] < square * 0x1p-14;
    is_any |= is_wanted[b];
  }
  if (!is_any) return;
  struct numbers center;
  store(center.scale, best->block_scale);
  store(center.minimum, best->block_minimum);
  for (int32_t row = has_minima ? -2 : 0; row <= (has_minima ? 2 : 0); row++)
    for (int32_t step = -2; step <= 2; step++) {
      struct numbers numbers;
      for (size_t g = 0; g < MMDIT_GROUPS; g++) {
        numbers.scale[g] = center.scale[g] * (1 + (float)step * 0x1p-11f);
        numbers.minimum[g] = center.minimum[g] * (1 + (float)row * 0x1p-11f);
      }
      measure(panel, grid, codes, has_minima, &fit, &numbers, denormalizers, is_wanted, best);
    }
}

static void search_panel(
    const float *values, size_t block_count, const mmdit_super_grid *grid,
    mmdit_super_block *found, int8_t *scales, int8_t *minima, uint8_t *codes) {
  struct panel panel;
  float denormalizers[MMDIT_GROUPS], magnitudes[MMDIT_GROUPS];
  fill_panel(&panel, values, block_count, grid, denormalizers, magnitudes);
  struct choice best;
  memset(&best, 0, sizeof best);
  mmdit_grid steps = {grid->codes.low, grid->codes.high, 0};
  mmdit_grid table = {grid->codes.low, grid->codes.high, 1};
  if (grid->codes.is_table)
    search(&panel, grid, table, 0, denormalizers, &best);
  else if (grid->has_minima)
    search(&panel, grid, steps, 1, denormalizers, &best);
  else
    search(&panel, grid, steps, 0, denormalizers, &best);
  lanes scale = best.block_scale * best.scales, offset = -(best.block_minimum * best.minima);
  float group_scales[MMDIT_GROUPS], group_offsets[MMDIT_GROUPS];
  struct numbers numbers, integers;
  store(group_scales, scale);
  store(group_offsets, offset);
  store(numbers.scale, best.block_scale);
  store(numbers.minimum, best.block_minimum);
  store(integers.scale, best.scales);
  store(integers.minimum, best.minima);
  size_t size = (size_t)grid->group_size, width = (size_t)grid->groups_per_block;
  for (size_t b = 0; b < block_count; b++) {
    mmdit_super_block block;
    memset(&block, 0, sizeof block);
    size_t first = b * width;
    float normalizer = 1 / denormalizers[first];
    block.scale = half_bits(numbers.scale[first] * denormalizers[first]);
    block.minimum = half_bits(numbers.minimum[first] * denormalizers[first]);
    block.is_found = best.error[first] < (double)INFINITY;
    block.normalizer = normalizer;
    block.magnitude = magnitudes[first];
    for (size_t g = 0; g < width; g++) {
      scales[first + g] = (int8_t)integers.scale[first + g];
      minima[first + g] = (int8_t)integers.minimum[first + g];
      float error = grid_codes(
          values + (first + g) * size, size, grid->codes, normalizer, group_scales[first + g],
          group_offsets[first + g], codes + (first + g) * size);
      block.largest_error = error > block.largest_error ? error : block.largest_error;
    }
    found[b] = block;
  }
}

static void search_blocks(
    const float *values, size_t block_count, const mmdit_super_grid *grid,
    mmdit_super_block *found, int8_t *scales, int8_t *minima, uint8_t *codes) {
  size_t step = MMDIT_GROUPS / (size_t)grid->groups_per_block;
  size_t count = (size_t)(grid->groups_per_block * grid->group_size);
  for (size_t b = 0; b < block_count; b += step) {
    size_t group = b * (size_t)grid->groups_per_block;
    search_panel(
        values + b * count, block_count - b < step ? block_count - b : step, grid, found + b,
        scales + group, minima + group, codes + b * count);
  }
}
