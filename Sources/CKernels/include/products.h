// The inner loops of matrix products, over operands that lie in panels.
//
// A panel holds some rows of a matrix `[rows, depth]` with the lanes of one depth side by side:
// element (row, k) is at k * lanes + row. The left factor lies in panels of MMDIT_PANEL_ROWS lanes,
// the right one, transposed, in panels of MMDIT_PANEL_COLUMNS lanes.
//
// Each element of a product is one sum over the depth in order, starting from 0 or from what is
// there; how the multiplications and additions round (fused or not) depends on the level, but
// neither on the number of rows or columns of a tile nor on an element's place in it. What
// kernels.h says of purity and overlap holds here too.
#pragma once

#include "kernels.h"

enum {
  MMDIT_PANEL_ROWS = 14,
  MMDIT_PANEL_COLUMNS = 32,
};

// Writes `rows` rows of a matrix, `stride` elements apart, to lanes of a panel:
//   panel[k * lanes + row] = source[row * stride + k] * factor, k in 0 ..< depth
// Other lanes keep what they hold.
void mmdit_pack_rows(
    mmdit_level level, const float *source, size_t stride, size_t rows, size_t depth, float factor,
    float *panel, size_t lanes);

// Writes columns of a matrix, rows `stride` elements apart, to lanes of a panel that is as deep as
// the matrix has rows: panel[k * 32 + column] = source[k * stride + column], k in 0 ..< depth.
// `columns` is at most MMDIT_PANEL_COLUMNS; other lanes keep what they hold.
void mmdit_pack_columns(
    mmdit_level level, const float *source, size_t stride, size_t columns, size_t depth,
    float *panel);

// A tile of a product: c[row * stride + column] = (accumulate ? c : 0) + sum over k of
// left[k * 14 + row] * right[k * 32 + column].
//
// `rows` is at most MMDIT_PANEL_ROWS, `columns` at most MMDIT_PANEL_COLUMNS; lanes beyond them may
// be read and have no effect.
void mmdit_multiply_tile(
    mmdit_level level, const float *left, size_t rows, const float *right, size_t columns,
    size_t depth, int32_t accumulate, float *c, size_t stride);
