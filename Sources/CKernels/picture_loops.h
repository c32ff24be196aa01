// The loops of pictures.h as one set of instructions runs them: the files that include this choose the
// instructions, the compiler makes vectors of them.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "activation_lanes.h"
#include "picture_levels.h"

#include <math.h>
#include <string.h>

INLINE wide_lanes load_wide(const double *source, size_t count) {
  wide_lanes values = 0;
  memcpy(&values, source, (count < LANES ? count : LANES) * sizeof *source);
  return values;
}

INLINE void store_wide(double *destination, size_t count, wide_lanes values) {
  memcpy(destination, &values, (count < LANES ? count : LANES) * sizeof *destination);
}

static void channel_sums(const float *x, size_t pixels, size_t channels, double *sums) {
  for (size_t c = 0; c < channels; c += LANES) {
    wide_lanes sum = load_wide(sums + c, channels - c);
    wide_lanes squares = load_wide(sums + channels + c, channels - c);
    for (size_t pixel = 0; pixel < pixels; pixel++) {
      wide_lanes values = widened(load(x + pixel * channels, c, channels, 0));
      sum += values;
      squares += values * values;
    }
    store_wide(sums + c, channels - c, sum);
    store_wide(sums + channels + c, channels - c, squares);
  }
}

static void normed_silu(
    const float *x, size_t pixels, size_t channels, const float *factors, const float *summands,
    float *y) {
  for (size_t pixel = 0; pixel < pixels; pixel++, x += channels, y += channels)
    for (size_t c = 0; c < channels; c += LANES) {
      lanes v = load(x, c, channels, 0) * load(factors, c, channels, 0) +
                load(summands, c, channels, 0);
      store(y, c, channels, v / (1 + exponential(-v)));
    }
}

enum { MOST_POINTS = 4 };

// B d for one column of a patch.
INLINE void transform_patch(const size_t points, const lanes *d, lanes *result) {
  if (points == 4) {
    result[0] = d[0] - d[2];
    result[1] = d[1] + d[2];
    result[2] = d[2] - d[1];
    result[3] = d[1] - d[3];
  } else {
    result[0] = d[0] - d[1];
    result[1] = d[1];
    result[2] = d[1] - d[2];
  }
}

// A m for one column.
INLINE void transform_product(const size_t points, const lanes *m, lanes *result) {
  if (points == 4) {
    result[0] = (m[0] + m[1]) + m[2];
    result[1] = (m[1] - m[2]) - m[3];
  } else {
    result[0] = m[0] + m[1];
    result[1] = m[1] - m[2];
  }
}

INLINE void patches_of(
    const size_t points, const float *const *rows, size_t patches, size_t channels, float *planes,
    size_t plane) {
  for (size_t patch = 0; patch < patches; patch++) {
    size_t from = patch * (points - 2) * channels;
    for (size_t c = 0; c < channels; c += LANES) {
      lanes columns[MOST_POINTS][MOST_POINTS];
#pragma clang loop unroll(full)
      for (size_t j = 0; j < points; j++) {
        lanes d[MOST_POINTS];
#pragma clang loop unroll(full)
        for (size_t i = 0; i < points; i++)
          d[i] = load(rows[i] + from + j * channels, c, channels, 0);
        transform_patch(points, d, columns[j]);
      }
#pragma clang loop unroll(full)
      for (size_t i = 0; i < points; i++) {
        lanes d[MOST_POINTS], result[MOST_POINTS];
#pragma clang loop unroll(full)
        for (size_t j = 0; j < points; j++) d[j] = columns[j][i];
        transform_patch(points, d, result);
#pragma clang loop unroll(full)
        for (size_t j = 0; j < points; j++)
          store(planes + (i * points + j) * plane + patch * channels, c, channels, result[j]);
      }
    }
  }
}

static void transform_patches(
    size_t points, const float *const *rows, size_t patches, size_t channels, float *planes,
    size_t plane) {
  if (points == 4)
    patches_of(4, rows, patches, channels, planes, plane);
  else
    patches_of(3, rows, patches, channels, planes, plane);
}

INLINE void products_of(
    const size_t points, const float *planes, size_t plane, size_t patches, size_t channels,
    const float *biases, int32_t adds, float *const *rows, size_t height, size_t width,
    size_t stride) {
  for (size_t patch = 0; patch < patches; patch++)
    for (size_t c = 0; c < channels; c += LANES) {
      lanes columns[MOST_POINTS][2];
#pragma clang loop unroll(full)
      for (size_t j = 0; j < points; j++) {
        lanes m[MOST_POINTS];
#pragma clang loop unroll(full)
        for (size_t i = 0; i < points; i++)
          m[i] = load(planes + (i * points + j) * plane + patch * channels, c, channels, 0);
        transform_product(points, m, columns[j]);
      }
      lanes bias = load(biases, c, channels, 0);
      for (size_t y = 0; y < height; y++) {
        lanes m[MOST_POINTS], result[2];
#pragma clang loop unroll(full)
        for (size_t j = 0; j < points; j++) m[j] = y ? columns[j][1] : columns[j][0];
        transform_product(points, m, result);
#pragma clang loop unroll(full)
        for (size_t x = 0; x < 2; x++) {
          if (2 * patch + x >= width) continue;
          float *pixel = rows[y] + (2 * patch + x) * stride;
          lanes value = result[x] + bias;
          store(pixel, c, channels, adds ? load(pixel, c, channels, 0) + value : value);
        }
      }
    }
}

static void transform_products(
    size_t points, const float *planes, size_t plane, size_t patches, size_t channels,
    const float *biases, int32_t adds, float *const *rows, size_t height, size_t width,
    size_t stride) {
  if (points == 4)
    products_of(
        4, planes, plane, patches, channels, biases, adds, rows, height, width, stride);
  else
    products_of(
        3, planes, plane, patches, channels, biases, adds, rows, height, width, stride);
}

#define PICTURE_LOOPS \
  {channel_sums, normed_silu, transform_patches, transform_products}
