// A block's own numbers, and the integers with which its groups multiply them.
#pragma once

#include "half_numbers.h"
#include "superblock_fits.h"

// What is chosen for the groups, and the numbers of their blocks.
struct choice {
  lanes block_scale;
  lanes block_minimum;
  lanes scales;
  lanes minima;
  struct level_sums sums;
  double error[MMDIT_GROUPS];
};

static inline lanes bounded(lanes quotient, const mmdit_super_grid *grid) {
  return rounded(clamped(quotient, grid->lowest_integer, grid->highest_integer));
}

// The integers of the least squares for the levels of these sums, of three minima near those given.
static inline void choose_integers(
    const struct panel *panel, const mmdit_super_grid *grid, int has_minima,
    struct level_sums sums, lanes block_scale, lanes block_minimum, lanes inverse_scale,
    lanes near_minima, lanes *scales, lanes *minima) {
  lanes free = inverse_scale / sums.square;
  free = __builtin_elementwise_abs(free) < INFINITY ? free : (lanes)0;
  if (!has_minima) {
    *scales = bounded(sums.product * free, grid);
    *minima = 0;
    return;
  }
  lanes least = INFINITY;
  for (int32_t step = -1; step <= 1; step++) {
    lanes minimum = clamped(near_minima + (float)step, grid->lowest_integer, grid->highest_integer);
    lanes offset = -(block_minimum * minimum);
    lanes integer = bounded((sums.product - offset * sums.level) * free, grid);
    lanes scale = block_scale * integer;
    lanes error = scale * (scale * sums.square - 2 * (sums.product - offset * sums.level)) +
                  offset * (offset * panel->weight - 2 * panel->value);
    *scales = error < least ? integer : *scales;
    *minima = error < least ? minimum : *minima;
    least = error < least ? error : least;
  }
}

static inline void keep_integers(
    struct choice *kept, lanes *least, lanes error, lanes scales, lanes minima,
    struct level_sums sums) {
  kept->scales = error < *least ? scales : kept->scales;
  kept->minima = error < *least ? minima : kept->minima;
  kept->sums.level = error < *least ? sums.level : kept->sums.level;
  kept->sums.square = error < *least ? sums.square : kept->sums.square;
  kept->sums.product = error < *least ? sums.product : kept->sums.product;
  *least = error < *least ? error : *least;
}

// The numbers of blocks as they will be read, one in each lane of its groups.
struct numbers {
  float scale[MMDIT_GROUPS];
  float minimum[MMDIT_GROUPS];
};

// Chooses the integers of all groups for these numbers, and keeps those of a block that are its best.
static inline __attribute__((always_inline)) void measure(
    const struct panel *panel, const mmdit_super_grid *grid, mmdit_grid codes, int has_minima,
    const struct fit *fit, const struct numbers *wanted, const float *denormalizers,
    const int32_t *is_wanted, struct choice *best) {
  struct numbers numbers;
  size_t width = (size_t)grid->groups_per_block;
  for (size_t b = 0; b < MMDIT_GROUPS; b += width) {
    float scale = half_value(half_bits(wanted->scale[b] * denormalizers[b])) / denormalizers[b];
    float minimum = half_value(half_bits(wanted->minimum[b] * denormalizers[b])) / denormalizers[b];
    for (size_t g = b; g < b + width; g++) numbers.scale[g] = scale, numbers.minimum[g] = minimum;
  }
  lanes block_scale = load(numbers.scale), block_minimum = load(numbers.minimum);
  lanes inverse_scale = inverse_of(block_scale), inverse_minimum = inverse_of(block_minimum);
  struct choice found;
  found.block_scale = block_scale;
  found.block_minimum = block_minimum;
  // Integers of 0 decode to zeros.
  found.scales = 0;
  found.minima = 0;
  found.sums = (struct level_sums){0, 0, 0};
  lanes least = panel->square;
  struct level_sums sums = fit->sums;
  lanes scales, minima;
  lanes near = bounded(-fit->offset * inverse_minimum, grid);
  choose_integers(
      panel, grid, has_minima, sums, block_scale, block_minimum, inverse_scale, near, &scales,
      &minima);
  for (int32_t round = 0; round < grid->rounds; round++) {
    lanes scale = block_scale * scales, offset = -(block_minimum * minima);
    lanes error = measured(panel, codes, has_minima, scale, offset, &sums);
    keep_integers(&found, &least, error, scales, minima, sums);
    // Next, what the least squares of these levels say, and then the neighbours of the best.
    if (round == 0) {
      choose_integers(
          panel, grid, has_minima, sums, block_scale, block_minimum, inverse_scale, minima,
          &scales, &minima);
      continue;
    }
    float step = round % 2 == 1 ? 1 : -1;
    scales = round < 3 ? bounded(found.scales + step, grid) : found.scales;
    minima = round < 3 ? found.minima : bounded(found.minima + step, grid);
  }
  float errors[MMDIT_GROUPS];
  int32_t better[MMDIT_GROUPS];
  store(errors, least);
  for (size_t b = 0; b < MMDIT_GROUPS; b += width) {
    double error = 0;
    for (size_t g = b; g < b + width; g++) error += (double)errors[g];
    int32_t is_number = fabsf(numbers.scale[b]) < INFINITY && numbers.minimum[b] < INFINITY;
    int32_t is_better = is_wanted[b] && is_number && error < best->error[b] ? -1 : 0;
    for (size_t g = b; g < b + width; g++) {
      better[g] = is_better;
      if (is_better) best->error[g] = error;
    }
  }
  typedef int32_t masks __attribute__((ext_vector_type(MMDIT_GROUPS)));
  masks mask;
  memcpy(&mask, better, sizeof mask);
  best->block_scale = mask ? found.block_scale : best->block_scale;
  best->block_minimum = mask ? found.block_minimum : best->block_minimum;
  best->scales = mask ? found.scales : best->scales;
  best->minima = mask ? found.minima : best->minima;
  best->sums.level = mask ? found.sums.level : best->sums.level;
  best->sums.square = mask ? found.sums.square : best->sums.square;
  best->sums.product = mask ? found.sums.product : best->sums.product;
}

// The numbers of blocks with which the largest scale and minimum of their groups just fit.
static inline struct numbers covering(const struct fit *fit, const mmdit_super_grid *grid) {
  float scales[MMDIT_GROUPS], offsets[MMDIT_GROUPS];
  store(scales, fit->scale);
  store(offsets, fit->offset);
  struct numbers numbers;
  size_t width = (size_t)grid->groups_per_block;
  for (size_t b = 0; b < MMDIT_GROUPS; b += width) {
    float scale = 0, offset = 0;
    for (size_t g = b; g < b + width; g++) {
      if (fabsf(scales[g]) > fabsf(scale)) scale = scales[g];
      if (offsets[g] < offset) offset = offsets[g];
    }
    for (size_t g = b; g < b + width; g++) {
      numbers.scale[g] = scale / grid->extreme_integer;
      numbers.minimum[g] = -offset / grid->extreme_integer;
    }
  }
  return numbers;
}

// The numbers of the least squares for the best codes: of the sum of w (x - d a + e m)^2 with a = s t.
static inline struct numbers refined(
    const struct panel *panel, const mmdit_super_grid *grid, const struct choice *best,
    int32_t *is_wanted) {
  float scales[MMDIT_GROUPS], minima[MMDIT_GROUPS], levels[MMDIT_GROUPS], squares[MMDIT_GROUPS],
      products[MMDIT_GROUPS], weights[MMDIT_GROUPS], values[MMDIT_GROUPS];
  store(scales, best->scales);
  store(minima, best->minima);
  store(levels, best->sums.level);
  store(squares, best->sums.square);
  store(products, best->sums.product);
  store(weights, panel->weight);
  store(values, panel->value);
  struct numbers numbers;
  size_t width = (size_t)grid->groups_per_block;
  for (size_t b = 0; b < MMDIT_GROUPS; b += width) {
    double square = 0, crossed = 0, minimum_square = 0, product = 0, minimum_product = 0;
    for (size_t g = b; g < b + width; g++) {
      double s = (double)scales[g], m = (double)minima[g];
      square += s * s * (double)squares[g];
      product += s * (double)products[g];
      crossed += s * m * (double)levels[g];
      minimum_square += m * m * (double)weights[g];
      minimum_product += m * (double)values[g];
    }
    double determinant = square * minimum_square - crossed * crossed;
    double scale = 0, minimum = 0;
    int32_t is_solved = 0;
    if (minimum_square > 0 && determinant > 0) {
      scale = (product * minimum_square - minimum_product * crossed) / determinant;
      minimum = (product * crossed - minimum_product * square) / determinant;
      is_solved = scale > 0 && minimum > 0;
    } else if (minimum_square == 0 && square > 0) {
      scale = product / square;
      is_solved = 1;
    }
    for (size_t g = b; g < b + width; g++) {
      numbers.scale[g] = (float)scale;
      numbers.minimum[g] = (float)minimum;
      is_wanted[g] = is_solved;
    }
  }
  return numbers;
}
