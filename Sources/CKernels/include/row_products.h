// The inner loop of a product whose left factor lies in rows and whose right one lies in panels of
// products.h: for rows that are used with few columns, packing them would cost as much as it gains.
//
// What kernels.h says of purity and overlap holds here too.
#pragma once

#include "products.h"

// c[row * stride + column], or that plus what it held when `adds` is not 0, = sum over `depth`
// numbers of left[row * left_stride + k] * right[k * MMDIT_PANEL_COLUMNS + column].
//
// `columns` is at most MMDIT_PANEL_COLUMNS; lanes beyond them are read and have no effect. Each sum
// begins with 0 and runs in order; how the multiplications and additions round (fused or not) depends
// on the level, but neither on the number of rows or columns nor on an element's place.
void mmdit_multiply_rows(
    mmdit_level level, const float *left, size_t left_stride, size_t rows, const float *right,
    size_t columns, size_t depth, int32_t adds, float *c, size_t stride);
