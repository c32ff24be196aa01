// What convolutions of pictures do beside their matrix products. The channels of a pixel lie beside
// each other, pixels `channels` apart.
//
// Every level gives the same bits: operations are never fused, and sums have the order stated below.
// What kernels.h says of purity and overlap holds here too.
#pragma once

#include "kernels.h"

// Adds the values of some pixels to `channels` sums, and their squares to as many behind them, in
// double and in the order of the pixels.
void mmdit_channel_sums(
    mmdit_level level, const float *x, size_t pixels, size_t channels, double *sums);

// y = v / (1 + e^-v), v = x * factor + summand of the channel; the exponential is that of
// activations.h.
void mmdit_normed_silu(
    mmdit_level level, const float *x, size_t pixels, size_t channels, const float *factors,
    const float *summands, float *y);

// Minimal filtering F(2x2, 3x3) of Winograd: a patch d of 4 x 4 pixels gives 2 x 2 outputs of a
// kernel g of 3 x 3 by 16 products instead of 36,
//
//   A ((G g G^T) . (B d B^T)) A^T,      B = | 1  0 -1  0 |   A = | 1  1  1  0 |
//                                           | 0  1  1  0 |       | 0  1 -1 -1 |
//                                           | 0 -1  1  0 |
//                                           | 0  1  0 -1 |
//
// where "." multiplies elements. In a picture whose every pixel was doubled along both axes, the
// middle two of the four are the same: the third row of B d is 0. That leaves 3 points instead of 4, of
// a patch of 3 x 3 pixels of the picture before it was doubled:
//
//                                       B = | 1 -1  0 |      A = | 1  1  0 |
//                                           | 0  1  0 |          | 0  1 -1 |
//                                           | 0  1 -1 |
//
// `points` is 4 or 3. Transformed patches lie in points² planes, `plane` elements apart, each
// `[patches, channels]`.

// B d B^T of patches beside each other, 2 pixels apart (1 where points is 3), the first at the
// beginning of `points` rows. B d comes first.
void mmdit_transform_patches(
    mmdit_level level, size_t points, const float *const *rows, size_t patches, size_t channels,
    float *planes, size_t plane);

// A m A^T + bias of patches' products m, written or, when `adds` is not 0, added to 2 pixels of each
// of `height` <= 2 rows. Pixels are `stride` elements apart; those from `width` on are left out.
// A m comes first; terms are added in order, then the bias, then the sum to what is there.
void mmdit_transform_products(
    mmdit_level level, size_t points, const float *planes, size_t plane, size_t patches,
    size_t channels, const float *biases, int32_t adds, float *const *rows, size_t height,
    size_t width, size_t stride);
