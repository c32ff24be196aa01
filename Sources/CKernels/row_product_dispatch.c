// From a level to its loop of products by rows.
#include "row_product_levels.h"

#if defined(__x86_64__)
static mmdit_row_product *const loops[] = {
    mmdit_scalar_row_product, mmdit_avx2_row_product, mmdit_avx512_row_product};
#else
static mmdit_row_product *const loops[] = {mmdit_scalar_row_product};
#endif

void mmdit_multiply_rows(
    mmdit_level level, const float *left, size_t left_stride, size_t rows, const float *right,
    size_t columns, size_t depth, int32_t adds, float *c, size_t stride) {
  loops[level](left, left_stride, rows, right, columns, depth, adds, c, stride);
}
