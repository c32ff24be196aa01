// Vectors of 16 floats, and the exponential of the activations. The files that include this choose the
// instructions, the compiler makes vectors of them.
#pragma once

#pragma STDC FP_CONTRACT OFF

#include "kernels.h"

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
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < LANES - 1; lane++)
      if (lane < count - i) values[lane] = source[i + lane];
  return values;
}

INLINE void store(float *destination, size_t i, size_t count, lanes values) {
  if (count - i >= LANES)
    memcpy(destination + i, &values, sizeof values);
  else
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < LANES - 1; lane++)
      if (lane < count - i) destination[i + lane] = values[lane];
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

INLINE wide_lanes widened(lanes values) { return __builtin_convertvector(values, wide_lanes); }
