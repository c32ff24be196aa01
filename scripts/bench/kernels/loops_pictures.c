// The loops of pictures.h, and that of row_products.h with a block of pixels as convolutions have it.
//
// A value is a product of two numbers in multiply_rows, a point of a patch in the transforms.
#include "loops.h"
#include "pictures.h"
#include "row_products.h"

enum {
  CHANNELS = 32,
  POINTS = 4,
  // Pixels and inputs of a block, of which the second cache has the pixels and a panel of the kernel.
  PIXELS = 8 * MMDIT_PANEL_ROWS,
  DEPTH = 256,
  SMALL_DEPTH = 128,
  WHOLE = PIXELS * MMDIT_PANEL_COLUMNS * DEPTH,
  SMALL = MMDIT_PANEL_ROWS * MMDIT_PANEL_COLUMNS * SMALL_DEPTH,
};

static _Alignas(64) float pixels[PIXELS * DEPTH];
static _Alignas(64) float panel[MMDIT_PANEL_COLUMNS * DEPTH];
static _Alignas(64) float product[PIXELS * MMDIT_PANEL_COLUMNS];

static void multiply_rows(mmdit_level level) {
  int is_whole = value_count == WHOLE;
  size_t depth = is_whole ? DEPTH : SMALL_DEPTH;
  mmdit_multiply_rows(
      level, pixels, depth, is_whole ? PIXELS : MMDIT_PANEL_ROWS, panel, MMDIT_PANEL_COLUMNS, depth,
      0, product, MMDIT_PANEL_COLUMNS);
  sink += (double)product[0];
}

static void channel_sums(mmdit_level level) {
  static double sums[2 * CHANNELS];
  mmdit_channel_sums(level, inputs[0], value_count / CHANNELS, CHANNELS, sums);
  sink += sums[0];
}

static void normed_silu(mmdit_level level) {
  mmdit_normed_silu(
      level, inputs[0], value_count / CHANNELS, CHANNELS, inputs[1], inputs[2], output);
}

static size_t patches(void) { return value_count / (POINTS * POINTS * CHANNELS); }

static void transform_patches(mmdit_level level) {
  size_t width = (2 * patches() + 2) * CHANNELS;
  const float *rows[POINTS];
  for (size_t row = 0; row < POINTS; row++) rows[row] = inputs[0] + row * width;
  mmdit_transform_patches(
      level, POINTS, rows, patches(), CHANNELS, output, patches() * CHANNELS);
}

static void transform_products(mmdit_level level) {
  size_t width = 2 * patches();
  float *rows[] = {output, output + width * CHANNELS};
  mmdit_transform_products(
      level, POINTS, inputs[0], patches() * CHANNELS, patches(), CHANNELS, inputs[1], 0, rows, 2,
      width, CHANNELS);
}

// Half of a patch is that of its neighbour. Its 16 points take 32 additions, their products 28, biases
// included. Sums are of doubles.
static const struct loop loops[] = {
    {"multiply_rows", multiply_rows, 0, 0, 2, .timed = WHOLE, .counted = SMALL},
    {"channel_sums", channel_sums, 4, 0, 6, .counted = 256},
    {"normed_silu", normed_silu, 4, 4, EXPONENTIAL + 4, .counted = 256},
    {"transform_patches", transform_patches, 2, 4, 2, .counted = 1024},
    {"transform_products", transform_products, 4, 1, 1.75, .counted = 1024},
};

const struct loops picture_loops = {loops, sizeof loops / sizeof *loops};
