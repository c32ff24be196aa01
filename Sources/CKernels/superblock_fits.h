// The best scale and offset of a group, whatever the others of its block have.
#pragma once

#include "superblock_panel.h"

// The sums over the values of a group for some levels t.
struct level_sums {
  lanes level;   // sum of w * t
  lanes square;  // sum of (w * t) * t
  lanes product; // sum of (w * t) * x
};

struct fit {
  lanes scale;
  lanes offset;
  struct level_sums sums;
};

static inline __attribute__((always_inline)) struct level_sums sums_of(
    const struct panel *panel, mmdit_grid grid, int has_offset, lanes scale, lanes offset) {
  lanes inverse = inverse_of(scale);
  struct level_sums sums = {0, 0, 0};
  for (size_t k = 0; k < panel->size; k++) {
    lanes x = panel->values[k];
    lanes level = level_of(has_offset ? x - offset : x, inverse, grid);
    lanes weighted = panel->weights[k] * level;
    if (has_offset) sums.level += weighted;
    sums.square += weighted * level;
    sums.product += weighted * x;
  }
  return sums;
}

// The same sums, and the sum of (w * e) * e with e = (x - offset) - scale * t.
static inline __attribute__((always_inline)) lanes measured(
    const struct panel *panel, mmdit_grid grid, int has_offset, lanes scale, lanes offset,
    struct level_sums *sums) {
  lanes inverse = inverse_of(scale);
  struct level_sums found = {0, 0, 0};
  lanes errors = 0;
  for (size_t k = 0; k < panel->size; k++) {
    lanes x = panel->values[k];
    lanes distance = has_offset ? x - offset : x;
    lanes level = level_of(distance, inverse, grid);
    lanes weighted = panel->weights[k] * level;
    lanes error = distance - scale * level;
    if (has_offset) found.level += weighted;
    found.square += weighted * level;
    found.product += weighted * x;
    errors += panel->weights[k] * error * error;
  }
  *sums = found;
  return errors;
}

// Scale and offset of the least squares for the levels of these sums, and the error that they leave;
// where the levels have none, no scale and an infinite error.
static inline lanes solved(
    const struct panel *panel, int has_offset, struct level_sums sums, lanes *scale,
    lanes *offset) {
  lanes alone = sums.product / sums.square;
  lanes both = alone, rest = 0;
  if (has_offset) {
    lanes determinant = panel->weight * sums.square - sums.level * sums.level;
    both = (panel->weight * sums.product - panel->value * sums.level) / determinant;
    rest = (panel->value - both * sums.level) / panel->weight;
    // Where all levels are the same, the determinant is nothing but roundings: some 2^-21 of a product.
    lanes is_spread = determinant > 0x1p-19f * (panel->weight * sums.square) ? (lanes)1 : (lanes)0;
    rest = is_spread > 0 ? rest : (lanes)1;
    both = rest > 0 ? alone : both;
    rest = rest > 0 ? (lanes)0 : rest;
  }
  lanes error = panel->square - both * sums.product - rest * panel->value;
  // Not for NaN either.
  lanes known = __builtin_elementwise_abs(both) < INFINITY ? error : (lanes)INFINITY;
  *scale = both;
  *offset = rest;
  return known == known ? known : (lanes)INFINITY;
}

static inline void keep_better(
    struct fit *best, lanes *least, lanes error, lanes scale, lanes offset,
    struct level_sums sums) {
  best->scale = error < *least ? scale : best->scale;
  best->offset = error < *least ? offset : best->offset;
  best->sums.level = error < *least ? sums.level : best->sums.level;
  best->sums.square = error < *least ? sums.square : best->sums.square;
  best->sums.product = error < *least ? sums.product : best->sums.product;
  *least = error < *least ? error : *least;
}

// The best scale and offset of each group, whatever the others have.
static inline __attribute__((always_inline)) struct fit fitted(
    const struct panel *panel, const mmdit_super_grid *grid, mmdit_grid codes, int has_minima) {
  lanes low = 0, high = panel->values[0];
  for (size_t k = 0; k < panel->size; k++) {
    low = panel->values[k] < low ? panel->values[k] : low;
    high = panel->values[k] > high ? panel->values[k] : high;
  }
  lanes cover = has_minima ? (high - low) / codes.high
                           : (-low >= high ? low / codes.low : high / codes.low);
  lanes start = has_minima ? low : (lanes)0;
  struct fit best = {cover, start, {0, 0, 0}};
  lanes least = INFINITY, scale, offset;
  for (int32_t c = 0; c < grid->share_count; c++) {
    struct level_sums sums = sums_of(panel, codes, has_minima, cover * grid->shares[c], start);
    lanes error = solved(panel, has_minima, sums, &scale, &offset);
    if (c == 0) best.sums = sums;
    keep_better(&best, &least, error, scale, offset, sums);
  }
  lanes center = best.scale, origin = best.offset;
  for (int32_t c = 0; c < grid->fine_count; c++) {
    lanes shifted = has_minima ? origin + center * grid->fine_offsets[c] : (lanes)0;
    struct level_sums sums =
        sums_of(panel, codes, has_minima, center * grid->fine_shares[c], shifted);
    lanes error = solved(panel, has_minima, sums, &scale, &offset);
    keep_better(&best, &least, error, scale, offset, sums);
  }
  // All values of a group the same, none of them above 0.
  if (has_minima) {
    best.scale = low == high ? (lanes)0 : best.scale;
    best.offset = low == high ? low : best.offset;
  }
  return best;
}
