// The loop of row_products.h as one set of instructions runs it. The files that include this choose
// the instructions, how large a tile fits their registers, TILE_ROWS by TILE_VECTORS vectors of 16
// sums, and the name ROW_PRODUCT.
#pragma once

#include "row_product_levels.h"

#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
enum { LANES = 16 };
typedef float floats __attribute__((ext_vector_type(LANES)));

#define INLINE static inline __attribute__((always_inline))

#pragma clang fp contract(fast)

// `rows` and `vectors` are constants where this is inlined: the sums stay in registers.
INLINE void tile(
    const float *left, size_t left_stride, const size_t rows, const float *right,
    const size_t vectors, size_t columns, size_t depth, int32_t adds, float *c, size_t stride) {
  floats s[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) s[row][v] = 0;
  for (size_t k = 0; k < depth; k++) {
    floats b[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
      memcpy(b + v, right + k * MMDIT_PANEL_COLUMNS + LANES * v, sizeof *b);
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++) {
      floats a = left[row * left_stride + k];
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++) s[row][v] += a * b[v];
    }
  }
#pragma clang loop unroll(full)
  for (size_t row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
      float *place = c + row * stride + LANES * v;
      size_t width = columns - LANES * v;
      floats result = 0;
      if (width >= LANES) {
        if (adds) memcpy(&result, place, sizeof result);
        result += s[row][v];
        memcpy(place, &result, sizeof result);
      } else {
        if (adds) memcpy(&result, place, width * sizeof *place);
        result += s[row][v];
        memcpy(place, &result, width * sizeof *place);
      }
    }
}

INLINE void tile_of_rows(
    const float *left, size_t left_stride, size_t rows, const float *right, const size_t vectors,
    size_t columns, size_t depth, int32_t adds, float *c, size_t stride) {
#define CASE(n)                                                                          \
  case n:                                                                                \
    tile(left, left_stride, n, right, vectors, columns, depth, adds, c, stride);         \
    break;
  switch (rows) { TILE_CASES }
#undef CASE
}

void ROW_PRODUCT(
    const float *left, size_t left_stride, size_t rows, const float *right, size_t columns,
    size_t depth, int32_t adds, float *c, size_t stride) {
  for (size_t column = 0; column < columns; column += LANES * TILE_VECTORS)
    for (size_t row = 0; row < rows; row += TILE_ROWS) {
      size_t height = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
      size_t width = columns - column;
      const float *a = left + row * left_stride, *b = right + column;
      float *place = c + row * stride + column;
      if (TILE_VECTORS > 1 && width > LANES)
        tile_of_rows(
            a, left_stride, height, b, TILE_VECTORS, width, depth, adds, place, stride);
      else
        tile_of_rows(a, left_stride, height, b, 1, width, depth, adds, place, stride);
    }
}
