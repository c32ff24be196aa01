// From a level to its loops of pictures.
#include "picture_levels.h"

#if defined(__x86_64__)
static const struct mmdit_picture_loops *const loops[] = {
    &mmdit_scalar_picture_loops, &mmdit_avx2_picture_loops, &mmdit_avx512_picture_loops};
#else
static const struct mmdit_picture_loops *const loops[] = {&mmdit_scalar_picture_loops};
#endif

void mmdit_channel_sums(
    mmdit_level level, const float *x, size_t pixels, size_t channels, double *sums) {
  loops[level]->channel_sums(x, pixels, channels, sums);
}

void mmdit_normed_silu(
    mmdit_level level, const float *x, size_t pixels, size_t channels, const float *factors,
    const float *summands, float *y) {
  loops[level]->normed_silu(x, pixels, channels, factors, summands, y);
}

void mmdit_transform_patches(
    mmdit_level level, size_t points, const float *const *rows, size_t patches, size_t channels,
    float *planes, size_t plane) {
  loops[level]->transform_patches(points, rows, patches, channels, planes, plane);
}

void mmdit_transform_products(
    mmdit_level level, size_t points, const float *planes, size_t plane, size_t patches,
    size_t channels, const float *biases, int32_t adds, float *const *rows, size_t height,
    size_t width, size_t stride) {
  loops[level]->transform_products(
      points, planes, plane, patches, channels, biases, adds, rows, height, width, stride);
}
