// From a level to its loops of products.
#include "product_levels.h"

#if defined(__x86_64__)
static const struct mmdit_product_loops *const loops[] = {
    &mmdit_scalar_product_loops, &mmdit_avx2_product_loops, &mmdit_avx512_product_loops};
#else
static const struct mmdit_product_loops *const loops[] = {&mmdit_scalar_product_loops};
#endif

void mmdit_pack_rows(
    mmdit_level level, const float *source, size_t stride, size_t rows, size_t depth, float factor,
    float *panel, size_t lanes) {
  loops[level]->pack_rows(source, stride, rows, depth, factor, panel, lanes);
}

void mmdit_pack_columns(
    mmdit_level level, const float *source, size_t stride, size_t columns, size_t depth,
    float *panel) {
  loops[level]->pack_columns(source, stride, columns, depth, panel);
}

void mmdit_multiply_tile(
    mmdit_level level, const float *left, size_t rows, const float *right, size_t columns,
    size_t depth, int32_t accumulate, float *c, size_t stride) {
  loops[level]->multiply_tile(left, rows, right, columns, depth, accumulate, c, stride);
}
