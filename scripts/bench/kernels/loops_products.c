// The loops of products.h: a product as module Operations blocks it, and the packing of its factors.
//
// A value is a product of two numbers in multiply, a packed number in the others.
#include "loops.h"
#include "products.h"

// Tokens, columns of a unit of weights, depth. The panels of both factors fit the second cache; those of
// the small one, whose instructions are counted, are one each.
struct shape {
  size_t rows, columns, depth;
};
static const struct shape whole = {4 * MMDIT_PANEL_ROWS, 3 * MMDIT_PANEL_COLUMNS, 1024};
static const struct shape small = {MMDIT_PANEL_ROWS, MMDIT_PANEL_COLUMNS, 128};
enum {
  WHOLE = 4 * MMDIT_PANEL_ROWS * 3 * MMDIT_PANEL_COLUMNS * 1024,
  SMALL = MMDIT_PANEL_ROWS * MMDIT_PANEL_COLUMNS * 128,
  // What is packed lies in the first cache.
  PACKED = MMDIT_PANEL_ROWS * 256,
  PACKED_SMALL = MMDIT_PANEL_ROWS * 64,
  PACKED_COLUMNS = MMDIT_PANEL_COLUMNS * 128,
  PACKED_COLUMNS_SMALL = MMDIT_PANEL_COLUMNS * 16,
};

static _Alignas(64) float left[4 * MMDIT_PANEL_ROWS * (1024 + 2)];
static _Alignas(64) float right[3 * MMDIT_PANEL_COLUMNS * (1024 + 2)];
static _Alignas(64) float product[4 * MMDIT_PANEL_ROWS * 3 * MMDIT_PANEL_COLUMNS];

static void multiply(mmdit_level level, mmdit_format format) {
  struct shape shape = value_count == WHOLE ? whole : small;
  mmdit_multiply(
      level, format, left, shape.rows, right, shape.columns, shape.depth, product, shape.columns);
  sink += (double)product[0];
}

static void pack_rows(mmdit_level level, mmdit_format format) {
  size_t depth = value_count / MMDIT_PANEL_ROWS;
  mmdit_pack_rows(
      level, format, inputs[0], depth, MMDIT_PANEL_ROWS, depth, 1, left, MMDIT_PANEL_ROWS);
}

// Any bytes are codes.
static void pack_codes(mmdit_level level, mmdit_format format, mmdit_format coding) {
  size_t depth = value_count / MMDIT_PANEL_ROWS;
  mmdit_pack_codes(
      level, format, coding, inputs[0], depth, MMDIT_PANEL_ROWS, depth, inputs[1], left,
      MMDIT_PANEL_ROWS);
}

static void pack_f32_of_bf16(mmdit_level level) { pack_codes(level, MMDIT_FLOAT32, MMDIT_BFLOAT16); }
static void pack_f32_of_int8(mmdit_level level) { pack_codes(level, MMDIT_FLOAT32, MMDIT_INT8); }
static void pack_bf16_of_bf16(mmdit_level level) {
  pack_codes(level, MMDIT_BFLOAT16, MMDIT_BFLOAT16);
}
static void pack_widened_bf16(mmdit_level level) {
  size_t depth = value_count / MMDIT_PANEL_COLUMNS;
  mmdit_pack_codes(
      level, MMDIT_WIDENED_BFLOAT16, MMDIT_BFLOAT16, inputs[0], depth, MMDIT_PANEL_COLUMNS, depth,
      inputs[1], right, MMDIT_PANEL_COLUMNS);
}
static void pack_bf16_of_int8(mmdit_level level) { pack_codes(level, MMDIT_BFLOAT16, MMDIT_INT8); }
static void pack_int8_of_int8(mmdit_level level) { pack_codes(level, MMDIT_INT8, MMDIT_INT8); }

static void pack_nibbles(mmdit_level level, mmdit_format format) {
  mmdit_pack_nibbles(
      level, format, inputs[0], MMDIT_PANEL_COLUMNS, value_count / MMDIT_PANEL_COLUMNS, 64, inputs[1],
      right, MMDIT_PANEL_COLUMNS);
}

static void pack_columns(mmdit_level level, mmdit_format format) {
  mmdit_pack_columns(
      level, format, inputs[0], MMDIT_PANEL_COLUMNS, MMDIT_PANEL_COLUMNS,
      value_count / MMDIT_PANEL_COLUMNS, right);
}

#define OF_FORMAT(loop, name, format) \
  static void loop##_##name(mmdit_level level) { loop(level, format); }
OF_FORMAT(multiply, f32, MMDIT_FLOAT32)
OF_FORMAT(multiply, bf16, MMDIT_BFLOAT16)
OF_FORMAT(multiply, int8, MMDIT_INT8)
OF_FORMAT(multiply, widened_bf16, MMDIT_WIDENED_BFLOAT16)
OF_FORMAT(pack_rows, f32, MMDIT_FLOAT32)
OF_FORMAT(pack_rows, bf16, MMDIT_BFLOAT16)
OF_FORMAT(pack_rows, int8, MMDIT_INT8)
OF_FORMAT(pack_nibbles, f32, MMDIT_FLOAT32)
OF_FORMAT(pack_nibbles, bf16, MMDIT_BFLOAT16)
OF_FORMAT(pack_columns, f32, MMDIT_FLOAT32)
OF_FORMAT(pack_columns, bf16, MMDIT_BFLOAT16)

#define PRODUCTS .levels = OF_PRODUCTS, .timed = WHOLE, .counted = SMALL
#define ROWS .levels = OF_PRODUCTS, .timed = PACKED, .counted = PACKED_SMALL
#define COLUMNS .levels = OF_PRODUCTS, .timed = PACKED_COLUMNS, .counted = PACKED_COLUMNS_SMALL

static const struct loop loops[] = {
    {"multiply f32", multiply_f32, 0, 0, 2, LIMIT_F32, PRODUCTS},
    {"multiply bf16", multiply_bf16, 0, 0, 2, LIMIT_BF16, PRODUCTS},
    {"multiply int8", multiply_int8, 0, 0, 2, LIMIT_INT8, PRODUCTS},
    {"multiply widened bf16", multiply_widened_bf16, 0, 0, 2, LIMIT_F32, PRODUCTS},
    {"pack_rows f32", pack_rows_f32, 4, 4, 1, ROWS},
    {"pack_rows bf16", pack_rows_bf16, 4, 2, 2, ROWS},
    // Rows are read for their largest magnitude first.
    {"pack_rows int8", pack_rows_int8, 8, 1, 3, ROWS},
    {"pack_codes f32 of bf16", pack_f32_of_bf16, 2, 4, 1, ROWS},
    {"pack_codes f32 of int8", pack_f32_of_int8, 1, 4, 2, ROWS},
    {"pack_codes bf16 of bf16", pack_bf16_of_bf16, 2, 2, 0, ROWS},
    {"pack_codes bf16 of int8", pack_bf16_of_int8, 1, 2, 3, ROWS},
    {"pack_codes int8 of int8", pack_int8_of_int8, 1, 1, 1, ROWS},
    {"pack_codes widened bf16", pack_widened_bf16, 2, 2, 0, COLUMNS},
    {"pack_nibbles f32", pack_nibbles_f32, 0.5, 4, 2, COLUMNS},
    {"pack_nibbles bf16", pack_nibbles_bf16, 0.5, 2, 3, COLUMNS},
    {"pack_columns f32", pack_columns_f32, 4, 4, 0, COLUMNS},
    {"pack_columns bf16", pack_columns_bf16, 4, 2, 1, COLUMNS},
};

const struct loops product_loops = {loops, sizeof loops / sizeof *loops};
