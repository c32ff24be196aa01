// The loops of activations.h as one set of instructions runs them: the files that include this
// choose the instructions, the compiler makes vectors of them. The end of a row is a vector whose
// last lanes are filled with what changes nothing.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "activation_lanes.h"
#include "activation_levels.h"

#include <math.h>
#include <string.h>

INLINE double total(wide_lanes sums) {
  double s[LANES];
  memcpy(s, &sums, sizeof s);
  for (size_t width = LANES / 2; width; width /= 2)
    for (size_t i = 0; i < width; i++) s[i] += s[i + width];
  return s[0];
}

static void exponentials(float *values, size_t count) {
  for (size_t i = 0; i < count; i += LANES)
    store(values, i, count, exponential(load(values, i, count, 0)));
}

static void softmax(float *values, size_t count) {
  lanes largest = -INFINITY;
  for (size_t i = 0; i < count; i += LANES) {
    lanes x = load(values, i, count, -INFINITY);
    largest = x > largest ? x : largest;
  }
  float maximum = -INFINITY;
  for (size_t lane = 0; lane < LANES; lane++)
    maximum = largest[lane] > maximum ? largest[lane] : maximum;
  wide_lanes sums = 0;
  for (size_t i = 0; i < count; i += LANES) {
    lanes e = exponential(load(values, i, count, -INFINITY) - maximum);
    store(values, i, count, e);
    sums += widened(e);
  }
  float inverse = (float)(1 / total(sums));
  for (size_t i = 0; i < count; i += LANES)
    store(values, i, count, load(values, i, count, 0) * inverse);
}

static void gate(const float *gates, const float *up, size_t count, float *output) {
  for (size_t i = 0; i < count; i += LANES) {
    lanes x = load(gates, i, count, 0);
    store(output, i, count, x / (1 + exponential(-x)) * load(up, i, count, 0));
  }
}

static void modulated_norm(
    const float *x, size_t count, double epsilon, const float *scale, const float *shift,
    float *output) {
  wide_lanes sums = 0;
  for (size_t i = 0; i < count; i += LANES) sums += widened(load(x, i, count, 0));
  double mean = total(sums) / (double)count;
  float middle = (float)mean;
  wide_lanes squares = 0;
  for (size_t i = 0; i < count; i += LANES) {
    wide_lanes centered = widened(load(x, i, count, 0)) - mean;
    if (count - i < LANES)
      for (size_t lane = count - i; lane < LANES; lane++) centered[lane] = 0;
    squares += centered * centered;
  }
  float inverse = (float)(1 / sqrt(total(squares) / (double)count + epsilon));
  for (size_t i = 0; i < count; i += LANES) {
    lanes normal = (load(x, i, count, 0) - middle) * inverse;
    store(
        output, i, count, normal * (1 + load(scale, i, count, 0)) + load(shift, i, count, 0));
  }
}

static void root_mean_square_norm(
    const float *x, size_t count, double epsilon, const float *scale, float *output) {
  wide_lanes squares = 0;
  for (size_t i = 0; i < count; i += LANES) {
    wide_lanes values = widened(load(x, i, count, 0));
    squares += values * values;
  }
  float inverse = (float)(1 / sqrt(total(squares) / (double)count + epsilon));
  for (size_t i = 0; i < count; i += LANES)
    store(output, i, count, load(x, i, count, 0) * inverse * load(scale, i, count, 0));
}

static void rotate_pairs(float *x, const float *cosines, const float *sines, size_t pairs) {
  size_t i = 0;
  for (; i + LANES <= pairs; i += LANES) {
    lanes low = load(x, 2 * i, 2 * pairs, 0), high = load(x, 2 * i + LANES, 2 * pairs, 0);
    lanes cosine = load(cosines, i, pairs, 0), sine = load(sines, i, pairs, 0);
    lanes even = __builtin_shufflevector(
        low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    lanes odd = __builtin_shufflevector(
        low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    lanes first = even * cosine - odd * sine, second = even * sine + odd * cosine;
    store(
        x, 2 * i, 2 * pairs,
        __builtin_shufflevector(
            first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    store(
        x, 2 * i + LANES, 2 * pairs,
        __builtin_shufflevector(
            first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
  }
  for (; i < pairs; i++) {
    float even = x[2 * i], odd = x[2 * i + 1];
    x[2 * i] = even * cosines[i] - odd * sines[i];
    x[2 * i + 1] = even * sines[i] + odd * cosines[i];
  }
}

static void add_product(const float *a, const float *b, size_t count, float *sum) {
  for (size_t i = 0; i < count; i += LANES)
    store(sum, i, count, load(sum, i, count, 0) + load(a, i, count, 0) * load(b, i, count, 0));
}

#define ACTIVATION_LOOPS                                                              \
  {                                                                                   \
    exponentials, softmax, gate, modulated_norm, root_mean_square_norm, rotate_pairs, \
        add_product,                                                                  \
  }
