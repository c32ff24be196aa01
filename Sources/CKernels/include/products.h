// The inner loops of matrix products, over operands that lie in panels.
//
// A panel holds some rows of a matrix `[rows, depth]` in words of four bytes, the lanes of one word
// side by side: word w of a row is at w * lanes + row. The left factor lies in panels of
// MMDIT_PANEL_ROWS lanes, the right one, transposed, in panels of MMDIT_PANEL_COLUMNS lanes. A row
// takes `mmdit_panel_words` words; what is beyond its depth is 0.
//
// Each element of a product is the sum over the words in order, in runs of MMDIT_RUN_WORDS, and the
// sums of the runs are added in order; how the multiplications and additions of floats round (fused or
// not, a product of bf16 numbers alone or in pairs) depends on the level, but neither on the number of
// rows or columns of a tile nor on an element's place in it. What kernels.h says of purity and overlap
// holds here too.
#pragma once

#include "kernels.h"

enum {
  MMDIT_PANEL_ROWS = 14,
  MMDIT_PANEL_COLUMNS = 32,
  MMDIT_RUN_WORDS = 512,
};

// One level more than kernels.h has.
enum {
  MMDIT_PRODUCTS_DOT = 3, // AVX-512 with BF16 and VNNI
};

// The highest level of products that this processor runs.
mmdit_level mmdit_best_product_level(void);

// What a word of a panel holds.
enum {
  // One float.
  MMDIT_FLOAT32 = 0,
  // Two bf16 numbers, the first in the low half: nearest, ties to even; a subnormal may become 0.
  MMDIT_BFLOAT16 = 1,
  // Four integers t = rint(x * (127 / m)), the first in the low byte, m the largest magnitude of
  // the row; behind them, in one word, the scale m / 127, and in another the sum of the t. A
  // factor's number stands for t * scale. In left factors t + 128 is stored. A row with a
  // number that is not finite gives products that are NaN; the depth is at most 65536.
  MMDIT_INT8 = 2,
  // In right factors, whose left ones have MMDIT_FLOAT32: bf16 numbers, which products widen to floats.
  // A panel has 16 words for each number of its columns; word c holds that of column c in the low half
  // and that of column 16 + c in the high one.
  MMDIT_WIDENED_BFLOAT16 = 3,
};

typedef int32_t mmdit_format;

// The words of one row: those of `depth` numbers, and two more of MMDIT_INT8. One row of
// MMDIT_WIDENED_BFLOAT16 has a 32nd of the words of its panel.
size_t mmdit_panel_words(mmdit_format format, size_t depth);

// Writes `rows` rows of a matrix, `stride` elements apart and each times `factor`, to lanes of a
// panel. Other lanes keep what they hold. The format is not MMDIT_WIDENED_BFLOAT16.
void mmdit_pack_rows(
    mmdit_level level, mmdit_format format, const float *source, size_t stride, size_t rows,
    size_t depth, float factor, void *panel, size_t lanes);

// The same of numbers that are codes of files: bf16 numbers (`coding` is MMDIT_BFLOAT16), or integers of
// one byte (MMDIT_INT8) times the scale of their row, any float; bf16 numbers have no `scales`. Codes
// of the format itself are taken as they are; MMDIT_INT8 takes no others. `stride` counts numbers.
// MMDIT_WIDENED_BFLOAT16 takes bf16 numbers to a whole panel of MMDIT_PANEL_COLUMNS lanes, those beyond
// `rows` become 0.
void mmdit_pack_codes(
    mmdit_level level, mmdit_format format, mmdit_format coding, const void *codes, size_t stride,
    size_t rows, size_t depth, const float *scales, void *panel, size_t lanes);

// The same of rows that lie behind each other as nibbles, to panels of MMDIT_FLOAT32 or MMDIT_BFLOAT16:
// a nibble q stands for (q - 8) * scale, one multiplication. The even column is in the low nibble, a row
// begins at a byte, and `group` columns have a scale, in `scales` [rows, groups]; the last group of a
// row may be shorter. `group` is a multiple of 8, or not less than `depth`.
void mmdit_pack_nibbles(
    mmdit_level level, mmdit_format format, const void *codes, size_t rows, size_t depth,
    size_t group, const float *scales, void *panel, size_t lanes);

// Writes columns of a matrix, its rows `stride` elements apart, to lanes of a panel that is as deep
// as the matrix has rows. `columns` is at most MMDIT_PANEL_COLUMNS; other lanes keep what they hold.
// The format is MMDIT_FLOAT32 or MMDIT_BFLOAT16.
void mmdit_pack_columns(
    mmdit_level level, mmdit_format format, const float *source, size_t stride, size_t columns,
    size_t depth, void *panel);

// A product: c[row * stride + column] = sum over `depth` numbers of left * right. Of MMDIT_INT8 the
// exact sum of the integers is converted and multiplied with the product of the scales. Of
// MMDIT_WIDENED_BFLOAT16 it is to the bit what MMDIT_FLOAT32 makes of the same numbers.
//
// Lanes beyond `rows` and `columns` may be read and have no effect.
void mmdit_multiply(
    mmdit_level level, mmdit_format format, const void *left, size_t rows, const void *right,
    size_t columns, size_t depth, float *c, size_t stride);
