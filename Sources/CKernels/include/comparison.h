// What two arrays of floats have to do with each other. What kernels.h says of its loops holds here too:
// pure, the same bits at every level, no fused operations, arrays that do not overlap.
#pragma once

#include "kernels.h"

// Of pairs of a reference r and a candidate c that are both finite, in double.
typedef struct {
  size_t not_finite; // the pairs that are not
  double largest_error;
  double squared_error; // sum of (c - r)^2
  double reference_squares;
  double candidate_squares;
  double products; // sum of r * c
  float minimum;   // of r; infinite when there is no pair
  float maximum;   // of r; negative infinite when there is no pair
} mmdit_comparison;

// Order of the sums: 8 lanes, index modulo 8, in order; then lane i + lane (i + 4), + 2, + 1.
mmdit_comparison mmdit_compare(
    mmdit_level level, const float *reference, const float *candidate, size_t count);
