// From a level to its loops of products.
#include "product_levels.h"

#if defined(__x86_64__)
static const struct mmdit_product_loops *const loops[] = {
    &mmdit_scalar_product_loops, &mmdit_avx2_product_loops, &mmdit_avx512_product_loops,
    &mmdit_dot_product_loops};
#else
static const struct mmdit_product_loops *const loops[] = {&mmdit_scalar_product_loops};
#endif

mmdit_level mmdit_best_product_level(void) {
  mmdit_level level = mmdit_best_level();
#if defined(__x86_64__)
  if (level == MMDIT_KERNELS_AVX512 && __builtin_cpu_supports("avx512bf16") &&
      __builtin_cpu_supports("avx512vnni"))
    return MMDIT_PRODUCTS_DOT;
#endif
  return level;
}

size_t mmdit_panel_words(mmdit_format format, size_t depth) {
  switch (format) {
  case MMDIT_FLOAT32: return depth;
  case MMDIT_BFLOAT16:
  case MMDIT_WIDENED_BFLOAT16: return (depth + 1) / 2;
  default: return (depth + 3) / 4 + 2;
  }
}

void mmdit_pack_rows(
    mmdit_level level, mmdit_format format, const float *source, size_t stride, size_t rows,
    size_t depth, float factor, void *panel, size_t lanes) {
  loops[level]->pack_rows(format, source, stride, rows, depth, factor, panel, lanes);
}

void mmdit_pack_codes(
    mmdit_level level, mmdit_format format, mmdit_format coding, const void *codes, size_t stride,
    size_t rows, size_t depth, const float *scales, void *panel, size_t lanes) {
  loops[level]->pack_codes(format, coding, codes, stride, rows, depth, scales, panel, lanes);
}

void mmdit_pack_nibbles(
    mmdit_level level, mmdit_format format, const void *codes, size_t rows, size_t depth,
    size_t group, const float *scales, void *panel, size_t lanes) {
  loops[level]->pack_nibbles(format, codes, rows, depth, group, scales, panel, lanes);
}

void mmdit_pack_columns(
    mmdit_level level, mmdit_format format, const float *source, size_t stride, size_t columns,
    size_t depth, void *panel) {
  loops[level]->pack_columns(format, source, stride, columns, depth, panel);
}

void mmdit_multiply(
    mmdit_level level, mmdit_format format, const void *left, size_t rows, const void *right,
    size_t columns, size_t depth, float *c, size_t stride) {
  const size_t right_words = mmdit_panel_words(format, depth);
  const size_t words = format == MMDIT_WIDENED_BFLOAT16 ? depth : right_words;
  loops[level]->multiply(format, left, words, rows, right, right_words, columns, c, stride);
}
