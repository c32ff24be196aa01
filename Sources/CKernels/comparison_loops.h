// The loops of comparison.h as one set of instructions runs them.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "comparison.h"

#include <math.h>
#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float floats __attribute__((ext_vector_type(8)));
typedef double doubles __attribute__((ext_vector_type(8)));
typedef int32_t integers __attribute__((ext_vector_type(8)));

struct comparison {
  integers not_finite;
  doubles largest_error;
  doubles squared_error;
  doubles reference_squares;
  doubles candidate_squares;
  doubles products;
  floats minimum;
  floats maximum;
};

static inline __attribute__((always_inline)) void compare_eight(
    struct comparison *sums, const float *reference, const float *candidate, integers is_there) {
  floats r, c;
  memcpy(&r, reference, sizeof r);
  memcpy(&c, candidate, sizeof c);
  // The difference of what is not finite with itself is NaN.
  integers is_finite = ((r - r) == 0) & ((c - c) == 0) & is_there;
  sums->not_finite += ~is_finite & is_there & 1;
  r = is_finite ? r : 0;
  c = is_finite ? c : 0;
  floats low = is_finite ? r : (floats)INFINITY, high = is_finite ? r : (floats)-INFINITY;
  sums->minimum = low < sums->minimum ? low : sums->minimum;
  sums->maximum = high > sums->maximum ? high : sums->maximum;
  doubles wide = __builtin_convertvector(r, doubles), other = __builtin_convertvector(c, doubles);
  doubles error = other - wide, magnitude = __builtin_elementwise_abs(error);
  sums->largest_error = magnitude > sums->largest_error ? magnitude : sums->largest_error;
  sums->squared_error += error * error;
  sums->reference_squares += wide * wide;
  sums->candidate_squares += other * other;
  sums->products += wide * other;
}

static inline double sum_of_doubles(doubles v) {
  return ((v.s0 + v.s4) + (v.s2 + v.s6)) + ((v.s1 + v.s5) + (v.s3 + v.s7));
}

static mmdit_comparison compare(const float *reference, const float *candidate, size_t count) {
  struct comparison sums = {0, 0, 0, 0, 0, 0, INFINITY, -INFINITY};
  size_t whole = count / 8 * 8;
  // A lane counts less than 2^31 pairs: arrays have less than 2^34 values.
  for (size_t i = 0; i < whole; i += 8)
    compare_eight(&sums, reference + i, candidate + i, (integers)-1);
  if (whole < count) {
    float r[8] = {0}, c[8] = {0};
    int32_t is_there[8] = {0};
    for (size_t i = whole; i < count; i++) {
      r[i - whole] = reference[i];
      c[i - whole] = candidate[i];
      is_there[i - whole] = -1;
    }
    integers mask;
    memcpy(&mask, is_there, sizeof mask);
    compare_eight(&sums, r, c, mask);
  }
  mmdit_comparison result = {
      0, 0, sum_of_doubles(sums.squared_error), sum_of_doubles(sums.reference_squares),
      sum_of_doubles(sums.candidate_squares), sum_of_doubles(sums.products), INFINITY, -INFINITY};
  for (size_t i = 0; i < 8; i++) {
    result.not_finite += (size_t)sums.not_finite[i];
    if (sums.largest_error[i] > result.largest_error) result.largest_error = sums.largest_error[i];
    if (sums.minimum[i] < result.minimum) result.minimum = sums.minimum[i];
    if (sums.maximum[i] > result.maximum) result.maximum = sums.maximum[i];
  }
  return result;
}
