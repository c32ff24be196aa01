// The loops of products.h as one set of instructions runs them. The files that include this choose
// the instructions, and how large a tile fits their registers: TILE_ROWS by TILE_VECTORS vectors of
// 16 sums.
#pragma once

#include "product_levels.h"

#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float sums __attribute__((ext_vector_type(16)));

#define INLINE static inline __attribute__((always_inline))

INLINE sums load_sums(const float *source) {
  sums values;
  memcpy(&values, source, sizeof values);
  return values;
}

INLINE void store_sums(float *destination, sums values, size_t count) {
  memcpy(destination, &values, count < 16 ? count * sizeof *destination : sizeof values);
}

// One step of a 16 by 16 transposition: exchanges the halves of blocks of 2 * `half` lanes between
// rows that are `half` apart (Eklundh 1972).
#define PAIR(r, a, half, first, second)                  \
  do {                                                   \
    sums x = r[a], y = r[(a) + half];                    \
    r[a] = first;                                        \
    r[(a) + half] = second;                              \
  } while (0)

INLINE void transpose(sums *r) {
#pragma clang loop unroll(full)
  for (int a = 0; a < 8; a++)
    PAIR(r, a, 8,
         __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
         __builtin_shufflevector(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
#pragma clang loop unroll(full)
  for (int a = 0; a < 16; a++)
    if (!(a & 4))
      PAIR(r, a, 4,
           __builtin_shufflevector(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
           __builtin_shufflevector(x, y, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31));
#pragma clang loop unroll(full)
  for (int a = 0; a < 16; a++)
    if (!(a & 2))
      PAIR(r, a, 2,
           __builtin_shufflevector(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
           __builtin_shufflevector(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31));
#pragma clang loop unroll(full)
  for (int a = 0; a < 16; a++)
    if (!(a & 1))
      PAIR(r, a, 1,
           __builtin_shufflevector(x, y, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
           __builtin_shufflevector(x, y, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31));
}

// `rows` at most 16.
INLINE void pack_sixteen(
    const float *source, size_t stride, size_t rows, size_t depth, float factor, float *panel,
    size_t lanes) {
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    sums r[16];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < 16; row++)
      r[row] = row < rows ? load_sums(source + row * stride + k) * factor : (sums)0;
    transpose(r);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < 16; j++) store_sums(panel + (k + j) * lanes, r[j], rows);
  }
  for (; k < depth; k++)
    for (size_t row = 0; row < rows; row++)
      panel[k * lanes + row] = source[row * stride + k] * factor;
}

static void pack_rows(
    const float *source, size_t stride, size_t rows, size_t depth, float factor, float *panel,
    size_t lanes) {
  for (; rows >= 16; rows -= 16, source += 16 * stride, panel += 16)
    pack_sixteen(source, stride, 16, depth, factor, panel, lanes);
  if (rows == 14)
    pack_sixteen(source, stride, 14, depth, factor, panel, lanes);
  else if (rows)
    for (size_t k = 0; k < depth; k++)
      for (size_t row = 0; row < rows; row++)
        panel[k * lanes + row] = source[row * stride + k] * factor;
}

static void pack_columns(
    const float *source, size_t stride, size_t columns, size_t depth, float *panel) {
  for (size_t k = 0; k < depth; k++, source += stride, panel += MMDIT_PANEL_COLUMNS)
    if (columns == MMDIT_PANEL_COLUMNS)
      memcpy(panel, source, MMDIT_PANEL_COLUMNS * sizeof *panel);
    else
      memcpy(panel, source, columns * sizeof *panel);
}

#pragma clang fp contract(fast)

// `rows` and `vectors` are constants where this is inlined, and the sums stay in registers.
INLINE void tile(
    const float *left, const size_t rows, const float *right, const size_t vectors, size_t columns,
    size_t depth, int32_t accumulate, float *c, size_t stride) {
  sums s[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) s[row][v] = 0;
  for (size_t k = 0; k < depth; k++) {
    sums b[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) b[v] = load_sums(right + k * MMDIT_PANEL_COLUMNS + 16 * v);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      sums a = left[k * MMDIT_PANEL_ROWS + row];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) s[row][v] += a * b[v];
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      float *place = c + row * stride + 16 * v;
      size_t count = columns - 16 * v;
      sums old = 0;
      if (accumulate) {
        if (count >= 16)
          old = load_sums(place);
        else
          memcpy(&old, place, count * sizeof *place);
      }
      store_sums(place, old + s[row][v], count);
    }
}

INLINE void tile_of_rows(
    const float *left, size_t rows, const float *right, const size_t vectors, size_t columns,
    size_t depth, int32_t accumulate, float *c, size_t stride) {
#define CASE(n) \
  case n: tile(left, n, right, vectors, columns, depth, accumulate, c, stride); break;
  switch (rows) { TILE_CASES }
#undef CASE
}

static void multiply_tile(
    const float *left, size_t rows, const float *right, size_t columns, size_t depth,
    int32_t accumulate, float *c, size_t stride) {
  for (size_t column = 0; column < columns; column += 16 * TILE_VECTORS)
    for (size_t row = 0; row < rows; row += TILE_ROWS) {
      size_t count = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
      size_t width = columns - column;
      const float *a = left + row;
      const float *b = right + column;
      float *place = c + row * stride + column;
      if (width > 16 && TILE_VECTORS > 1)
        tile_of_rows(a, count, b, TILE_VECTORS, width, depth, accumulate, place, stride);
      else
        tile_of_rows(a, count, b, 1, width, depth, accumulate, place, stride);
    }
}
