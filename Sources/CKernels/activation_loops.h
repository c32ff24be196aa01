// The loops of activations.h as one set of instructions runs them: the files that include this
// choose the instructions, the compiler makes vectors of them. The end of a row is a vector whose
// last lanes are filled with what changes nothing.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "activation_levels.h"

#include <math.h>
#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
enum { LANES = 16 };
typedef float lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t integers __attribute__((ext_vector_type(LANES)));
typedef double wide_lanes __attribute__((ext_vector_type(LANES)));

#define INLINE static inline __attribute__((always_inline))

// The values from index i, `fill` in the lanes from `count` on.
INLINE lanes load(const float *source, size_t i, size_t count, float fill) {
  lanes values = fill;
  if (count - i >= LANES)
    memcpy(&values, source + i, sizeof values);
  else
    memcpy(&values, source + i, (count - i) * sizeof *source);
  return values;
}

INLINE void store(float *destination, size_t i, size_t count, lanes values) {
  if (count - i >= LANES)
    memcpy(destination + i, &values, sizeof values);
  else
    memcpy(destination + i, &values, (count - i) * sizeof *destination);
}

// Range reduction of Cody and Waite, ln 2 in two parts of which the product of n and the first is
// exact; the polynomial is that of Cephes (Moshier) for |r| <= ln 2 / 2.
INLINE lanes exponential(lanes x) {
  x = x > 89 ? (lanes)89 : x;
  x = x < -105 ? (lanes)-105 : x;
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  lanes shifted = x * 0x1.715476p0f + 0x1.8p23f;
  lanes n = shifted - 0x1.8p23f;
  integers exponent = __builtin_bit_cast(integers, shifted) - 0x4b400000;
  lanes r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  lanes p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  lanes y = (p * (r * r) + r) + 1;
  // 2^n in two factors: n reaches 128 and -151.
  integers half = exponent >> 1;
  lanes first = __builtin_bit_cast(lanes, (half + 127) << 23);
  lanes second = __builtin_bit_cast(lanes, (exponent - half + 127) << 23);
  return y * first * second;
}

INLINE double total(wide_lanes sums) {
  double s[LANES];
  memcpy(s, &sums, sizeof s);
  for (size_t width = LANES / 2; width; width /= 2)
    for (size_t i = 0; i < width; i++) s[i] += s[i + width];
  return s[0];
}

INLINE wide_lanes widened(lanes values) { return __builtin_convertvector(values, wide_lanes); }

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
