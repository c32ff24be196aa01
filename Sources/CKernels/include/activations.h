// What transformers do between their matrix products, on one row at a time.
//
// Every level gives the same bits: operations are never fused, and sums have the order stated
// below. What kernels.h says of purity and overlap holds here too.
//
// Sums: 16 lanes, index modulo 16, in double; then lane i + lane (i + 8), + 4, + 2, + 1.
#pragma once

#include "kernels.h"

// e^x, off by less than 2 units in the last place where the result is a normal number (see the
// test); infinity above 88.73, 0 below -104, NaN of a NaN. In place.
void mmdit_exponentials(mmdit_level level, float *values, size_t count);

// e^(x - max) / sum of them, in place. The exponentials are those of mmdit_exponentials; minus
// infinity becomes 0. At least one value must be finite.
void mmdit_softmax(mmdit_level level, float *values, size_t count);

// gate / (1 + e^-gate) * up.
void mmdit_gate(
    mmdit_level level, const float *gate, const float *up, size_t count, float *output);

// (x - mean) / sqrt(variance + epsilon) * (1 + scale) + shift. Mean and variance are those of the
// row, the variance that of the exact differences from the mean.
void mmdit_modulated_norm(
    mmdit_level level, const float *x, size_t count, double epsilon, const float *scale,
    const float *shift, float *output);

// x / sqrt(mean of x² + epsilon) * scale; `output` may be `x`.
void mmdit_root_mean_square_norm(
    mmdit_level level, const float *x, size_t count, double epsilon, const float *scale,
    float *output);

// Turns the pairs (x[2i], x[2i + 1]) in place:
//   (x0 * cosine - x1 * sine, x0 * sine + x1 * cosine)
void mmdit_rotate_pairs(
    mmdit_level level, float *x, const float *cosines, const float *sines, size_t pairs);

// sum += a * b.
void mmdit_add_product(
    mmdit_level level, const float *a, const float *b, size_t count, float *sum);
