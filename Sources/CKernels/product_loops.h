// The loops of products.h as one set of instructions runs them. The files that include this choose
// the instructions, and how large a tile fits their registers: TILE_ROWS by TILE_VECTORS vectors of
// 16 sums. With HAS_DOT products of bf16 numbers and of bytes are single instructions.
#pragma once

#include "product_levels.h"

#include <math.h>
#include <string.h>

// All that takes or gives such a vector is inlined: no function's call depends on its size.
#pragma clang diagnostic ignored "-Wpsabi"
enum { LANES = 16 };
typedef float floats __attribute__((ext_vector_type(LANES)));
typedef int32_t words __attribute__((ext_vector_type(LANES)));
typedef int8_t bytes __attribute__((ext_vector_type(LANES)));

#define INLINE static inline __attribute__((always_inline))
#define AS_FLOATS(x) __builtin_bit_cast(floats, (words)(x))
#define AS_WORDS(x) __builtin_bit_cast(words, (floats)(x))

// MARK: Packing

// `count` floats and zeros behind them.
INLINE floats load(const float *source, size_t count) {
  floats values = 0;
  if (count >= LANES)
    memcpy(&values, source, sizeof values);
  else
    memcpy(&values, source, count * sizeof *source);
  return values;
}

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

INLINE size_t beyond(size_t count, size_t start) { return count > start ? count - start : 0; }

// The upper half of each word is the nearest bf16 number.
INLINE words rounded_halves(floats values) {
  words bits = AS_WORDS(values);
  words rounded = bits + 0x7fff + ((bits >> 16) & 1);
  return (bits & 0x7fffffff) > 0x7f800000 ? (bits | 0x00400000) : rounded;
}

// The nearest bf16 numbers: of bf16_words one after the other, of bf16_pairs one of each in a word.
#ifdef HAS_DOT
typedef uint16_t vector_of_halves __attribute__((ext_vector_type(2 * LANES)));

INLINE words bf16_words(floats low, floats high) {
  return __builtin_bit_cast(words, _mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}

INLINE words bf16_pairs(floats low, floats high) {
  vector_of_halves x = __builtin_bit_cast(vector_of_halves, bf16_words(low, high));
  return __builtin_bit_cast(
      words, __builtin_shufflevector(
                 x, x, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26,
                 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}
#else
INLINE words bf16_pairs(floats low, floats high) {
  return ((rounded_halves(low) >> 16) & 0xffff) | (rounded_halves(high) & (int32_t)0xffff0000);
}

INLINE words bf16_words(floats low, floats high) {
  floats even = __builtin_shufflevector(
      low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  floats odd = __builtin_shufflevector(
      low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return bf16_pairs(even, odd);
}
#endif

// Adding 1.5 * 2^23 leaves the nearest integer, ties to even, in the low bits.
INLINE bytes integers(floats values, float inverse) {
  return __builtin_convertvector(AS_WORDS(values * inverse + 0x1.8p23f), bytes);
}

INLINE size_t size_of(const mmdit_format coding) {
  return coding == MMDIT_FLOAT32 ? 4 : coding == MMDIT_BFLOAT16 ? 2 : 1;
}

typedef uint16_t halves __attribute__((ext_vector_type(LANES)));

// The values of up to 16 numbers from number `first` on, and zeros for those that are not there.
INLINE floats load_coded(
    const mmdit_format coding, const uint8_t *numbers, size_t first, size_t count) {
  size_t there = beyond(count, first);
  if (coding == MMDIT_FLOAT32) return load((const float *)(const void *)numbers + first, there);
  if (coding == MMDIT_BFLOAT16) {
    halves bits = 0;
    if (there >= LANES)
      memcpy(&bits, numbers + 2 * first, sizeof bits);
    else
      memcpy(&bits, numbers + 2 * first, 2 * there);
    return AS_FLOATS(__builtin_convertvector(bits, words) << 16);
  }
  bytes integers = 0;
  if (there >= LANES)
    memcpy(&integers, numbers + first, sizeof integers);
  else
    memcpy(&integers, numbers + first, there);
  return __builtin_convertvector(integers, floats);
}

// `count` bytes, or as many as 16 words have, and zeros behind them.
INLINE words load_words(const uint8_t *source, size_t count) {
  words result = 0;
  if (count >= sizeof result)
    memcpy(&result, source, sizeof result);
  else
    memcpy(&result, source, count);
  return result;
}

// 16 words of a row, from `count` numbers and zeros behind them; those that are coded as the format has
// them already are taken as they are, others times `factor`.
INLINE words converted(
    const mmdit_format format, const mmdit_format coding, const uint8_t *numbers, size_t count,
    float factor) {
  if (coding == format && coding != MMDIT_FLOAT32)
    return load_words(numbers, count * size_of(coding));
  if (format == MMDIT_FLOAT32) return AS_WORDS(load_coded(coding, numbers, 0, count) * factor);
  if (format == MMDIT_BFLOAT16)
    return bf16_words(
        load_coded(coding, numbers, 0, count) * factor,
        load_coded(coding, numbers, LANES, count) * factor);
  bytes parts[4];
#pragma clang loop unroll(full)
  for (size_t p = 0; p < 4; p++)
    parts[p] = integers(load_coded(coding, numbers, p * LANES, count), factor);
  words result;
  memcpy(&result, parts, sizeof result);
  return result;
}

#define PAIR(r, a, half, first, second)                  \
  do {                                                   \
    words x = r[a], y = r[(a) + half];                    \
    r[a] = first;                                        \
    r[(a) + half] = second;                              \
  } while (0)

INLINE void transpose(words *r) {
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

// The sums with the four integers of each lane added.
INLINE words with_integers(words sums, words integers) {
#ifdef HAS_DOT
  return __builtin_bit_cast(
      words, _mm512_dpbusd_epi32(
                 __builtin_bit_cast(__m512i, sums), _mm512_set1_epi8(1),
                 __builtin_bit_cast(__m512i, integers)));
#else
#pragma clang loop unroll(full)
  for (int p = 0; p < 4; p++) sums += (integers << (24 - 8 * p)) >> 24;
  return sums;
#endif
}

// Up to 16 rows of numbers in a coding; `factors` has one for each. Of integers, their sums in each row.
INLINE words pack_sixteen(
    const mmdit_format format, const mmdit_format coding, const uint8_t *source, size_t stride,
    const size_t rows, size_t depth, const float *factors, int32_t mask, int32_t *panel,
    size_t lanes) {
  const size_t size = size_of(coding);
  const size_t numbers = format == MMDIT_FLOAT32 ? 1 : format == MMDIT_BFLOAT16 ? 2 : 4;
  words sums = 0;
  for (size_t k = 0; k < depth; k += LANES * numbers) {
    size_t count = least(LANES * numbers, depth - k);
    words r[LANES];
    // Most vectors are whole.
    if (count == LANES * numbers) {
#pragma clang loop unroll(full)
      for (size_t row = 0; row < LANES; row++)
        r[row] = row < rows ? converted(
                                  format, coding, source + (row * stride + k) * size,
                                  LANES * numbers, factors[row])
                            : (words)0;
    } else {
      for (size_t row = 0; row < LANES; row++)
        r[row] = row < rows ? converted(
                                  format, coding, source + (row * stride + k) * size, count,
                                  factors[row])
                            : (words)0;
    }
    transpose(r);
    int32_t *place = panel + k / numbers * lanes;
    size_t used = (count + numbers - 1) / numbers;
    for (size_t w = 0; w < used; w++) {
      if (format == MMDIT_INT8) sums = with_integers(sums, r[w]);
      words result = r[w] ^ mask;
      memcpy(place + w * lanes, &result, rows * sizeof *place);
    }
  }
  return sums;
}

// NaN where there is one: as integers, magnitudes order finite < infinite < NaN.
INLINE float largest_magnitude(const float *values, size_t count) {
  words largest = 0;
  for (size_t k = 0; k < count; k += LANES) {
    words magnitudes = AS_WORDS(load(values + k, count - k)) & 0x7fffffff;
    largest = magnitudes > largest ? magnitudes : largest;
  }
  int32_t bits = 0;
  for (size_t lane = 0; lane < LANES; lane++) bits = largest[lane] > bits ? largest[lane] : bits;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

// Up to 16 rows; of integers, their sums too, which stand behind the scales.
INLINE void pack_group(
    const mmdit_format format, const mmdit_format coding, const uint8_t *source, size_t stride,
    size_t rows, size_t depth, const float *factors, int32_t *panel, size_t lanes) {
  int32_t mask = format == MMDIT_INT8 && lanes == MMDIT_PANEL_ROWS ? (int32_t)0x80808080 : 0;
  words sums = 0;
  if (rows == LANES)
    sums = pack_sixteen(format, coding, source, stride, LANES, depth, factors, mask, panel, lanes);
  else if (rows == MMDIT_PANEL_ROWS)
    sums = pack_sixteen(
        format, coding, source, stride, MMDIT_PANEL_ROWS, depth, factors, mask, panel, lanes);
  else
    for (size_t row = 0; row < rows; row++)
      sums[row] = pack_sixteen(
          format, coding, source + row * stride * size_of(coding), stride, 1, depth,
          factors + row, mask, panel + row, lanes)[0];
  if (format == MMDIT_INT8)
    memcpy(panel + ((depth + 3) / 4 + 1) * lanes, &sums, rows * sizeof *panel);
}

// Up to 16 rows of floats, each times `factor`.
INLINE void pack_floats(
    const mmdit_format format, const float *source, size_t stride, size_t rows, size_t depth,
    float factor, int32_t *panel, size_t lanes) {
  float factors[LANES];
  for (size_t row = 0; row < rows; row++) {
    factors[row] = factor;
    if (format == MMDIT_INT8) {
      float largest = largest_magnitude(source + row * stride, depth);
      // Of a row that is all but 0, the inverse would not be finite.
      factors[row] = largest > 0x1p-118f ? 127 / largest : 0;
      float scale = largest / 127 * factor;
      memcpy(panel + (depth + 3) / 4 * lanes + row, &scale, sizeof scale);
    }
  }
  pack_group(
      format, MMDIT_FLOAT32, (const uint8_t *)(const void *)source, stride, rows, depth, factors,
      panel, lanes);
}

// The words of 16 rows, of which the first `rows` are there, in lanes: `count` bytes of each row, `stride`
// bytes apart.
INLINE void words_of_sixteen(
    const uint8_t *source, size_t stride, const size_t rows, size_t count, words *r) {
#pragma clang loop unroll(full)
  for (size_t row = 0; row < LANES; row++)
    r[row] = row < rows ? load_words(source + row * stride, count) : (words)0;
  transpose(r);
}

// A panel of columns of MMDIT_WIDENED_BFLOAT16.
INLINE void pack_widened(
    const uint8_t *source, size_t stride, const size_t rows, size_t depth, int32_t *panel) {
  const words upper = (int32_t)0xffff0000;
  for (size_t k = 0; k < depth; k += 2 * LANES) {
    size_t count = least(2 * LANES, depth - k);
    words low[LANES], high[LANES];
    words_of_sixteen(source + 2 * k, 2 * stride, least(rows, LANES), 2 * count, low);
    words_of_sixteen(
        source + 2 * (k + LANES * stride), 2 * stride, beyond(rows, LANES), 2 * count, high);
    for (size_t w = 0; w < (count + 1) / 2; w++) {
      words even = (low[w] & ~upper) | (high[w] << 16);
      words odd = ((low[w] >> 16) & ~upper) | (high[w] & upper);
      memcpy(panel + (k + 2 * w) * LANES, &even, sizeof even);
      memcpy(panel + (k + 2 * w + 1) * LANES, &odd, sizeof odd);
    }
  }
}

static void pack_rows(
    mmdit_format format, const float *source, size_t stride, size_t rows, size_t depth,
    float factor, int32_t *panel, size_t lanes) {
  for (size_t row = 0; row < rows; row += LANES) {
    const float *from = source + row * stride;
    size_t count = least(LANES, rows - row);
    switch (format) {
    case MMDIT_FLOAT32:
      pack_floats(MMDIT_FLOAT32, from, stride, count, depth, factor, panel + row, lanes);
      break;
    case MMDIT_BFLOAT16:
      pack_floats(MMDIT_BFLOAT16, from, stride, count, depth, factor, panel + row, lanes);
      break;
    default:
      pack_floats(MMDIT_INT8, from, stride, count, depth, factor, panel + row, lanes);
    }
  }
}

static void pack_codes(
    mmdit_format format, mmdit_format coding, const void *codes, size_t stride, size_t rows,
    size_t depth, const float *scales, int32_t *panel, size_t lanes) {
  if (format == MMDIT_WIDENED_BFLOAT16) {
    if (rows == MMDIT_PANEL_COLUMNS)
      pack_widened(codes, stride, MMDIT_PANEL_COLUMNS, depth, panel);
    else
      pack_widened(codes, stride, rows, depth, panel);
    return;
  }
  float factors[LANES];
  for (size_t row = 0; row < rows; row += LANES) {
    const uint8_t *from = (const uint8_t *)codes + row * stride * size_of(coding);
    size_t count = least(LANES, rows - row);
    for (size_t i = 0; i < count; i++) factors[i] = coding == MMDIT_INT8 ? scales[row + i] : 1;
#define PACK(format, coding) \
  pack_group(format, coding, from, stride, count, depth, factors, panel + row, lanes)
    if (format == MMDIT_FLOAT32) {
      if (coding == MMDIT_INT8)
        PACK(MMDIT_FLOAT32, MMDIT_INT8);
      else
        PACK(MMDIT_FLOAT32, MMDIT_BFLOAT16);
    } else if (format == MMDIT_BFLOAT16) {
      if (coding == MMDIT_INT8)
        PACK(MMDIT_BFLOAT16, MMDIT_INT8);
      else
        PACK(MMDIT_BFLOAT16, MMDIT_BFLOAT16);
    } else {
      PACK(MMDIT_INT8, MMDIT_INT8);
      memcpy(panel + (depth + 3) / 4 * lanes + row, factors, count * sizeof *factors);
    }
#undef PACK
  }
}

// Of each word of 16 rows, nibble `n` times the scale of its row.
INLINE floats scaled_nibbles(words nibbles, size_t n, floats scale) {
  words levels = ((nibbles >> (4 * n)) & 15) - 8;
  return __builtin_convertvector(levels, floats) * scale;
}

// Up to 16 rows of nibbles, `stride` bytes each, with a scale for `group` columns. Eight of them change
// lanes as one word, and only there become numbers.
INLINE void pack_sixteen_of_nibbles(
    const mmdit_format format, const uint8_t *codes, size_t stride, const size_t rows, size_t depth,
    size_t group, const float *scales, int32_t *panel, size_t lanes) {
  const size_t numbers = format == MMDIT_FLOAT32 ? 1 : 2;
  const size_t nibbles = 8, groups = (depth + group - 1) / group;
  floats scale = 0;
  size_t next_group = 0;
  for (size_t k = 0; k < depth; k += LANES * nibbles) {
    size_t count = least(LANES * nibbles, depth - k);
    words r[LANES];
    if (count == LANES * nibbles)
      words_of_sixteen(codes + k / 2, stride, rows, LANES * nibbles / 2, r);
    else
      words_of_sixteen(codes + k / 2, stride, rows, (count + 1) / 2, r);
    for (size_t first = 0; first < count; first += nibbles) {
      if (k + first == next_group) {
        for (size_t row = 0; row < rows; row++) scale[row] = scales[row * groups];
        scales++;
        next_group += group;
      }
      const words these = r[first / nibbles];
      const size_t there = least(nibbles, count - first);
      int32_t *place = panel + (k + first) / numbers * lanes;
      for (size_t n = 0; n < there; n += numbers, place += lanes) {
        floats low = scaled_nibbles(these, n, scale);
        floats high = n + 1 < there ? scaled_nibbles(these, n + 1, scale) : (floats)0;
        words result = numbers == 1 ? AS_WORDS(low) : bf16_pairs(low, high);
        memcpy(place, &result, rows * sizeof *place);
      }
    }
  }
}

static void pack_nibbles(
    mmdit_format format, const uint8_t *codes, size_t rows, size_t depth, size_t group,
    const float *scales, int32_t *panel, size_t lanes) {
  const size_t stride = (depth + 1) / 2, groups = (depth + group - 1) / group;
  for (size_t row = 0; row < rows; row += LANES) {
#define PACK(format, rows)                                                                    \
  pack_sixteen_of_nibbles(                                                                    \
      format, codes + row * stride, stride, rows, depth, group, scales + row * groups,        \
      panel + row, lanes)
    const size_t count = least(LANES, rows - row);
    if (format == MMDIT_FLOAT32) {
      if (count == LANES)
        PACK(MMDIT_FLOAT32, LANES);
      else
        PACK(MMDIT_FLOAT32, count);
    } else {
      if (count == LANES)
        PACK(MMDIT_BFLOAT16, LANES);
      else
        PACK(MMDIT_BFLOAT16, count);
    }
#undef PACK
  }
}

static void pack_columns(
    mmdit_format format, const float *source, size_t stride, size_t columns, size_t depth,
    int32_t *panel) {
  if (format == MMDIT_FLOAT32) {
    for (size_t k = 0; k < depth; k++, source += stride, panel += MMDIT_PANEL_COLUMNS)
      if (columns == MMDIT_PANEL_COLUMNS)
        memcpy(panel, source, MMDIT_PANEL_COLUMNS * sizeof *panel);
      else
        memcpy(panel, source, columns * sizeof *panel);
    return;
  }
  for (size_t k = 0; k < depth; k += 2, source += 2 * stride, panel += MMDIT_PANEL_COLUMNS)
    for (size_t column = 0; column < columns; column += LANES) {
      size_t count = columns - column;
      floats even = load(source + column, count);
      floats odd = k + 1 < depth ? load(source + stride + column, count) : (floats)0;
      words pairs = bf16_pairs(even, odd);
      if (count >= LANES)
        memcpy(panel + column, &pairs, sizeof pairs);
      else
        memcpy(panel + column, &pairs, count * sizeof *panel);
    }
}

// MARK: Tiles

#pragma clang fp contract(fast)

// The floats of the bf16 numbers in one half of each word.
INLINE words widened_half(words pairs, const size_t half) {
  return half ? pairs & (int32_t)0xffff0000 : pairs << 16;
}

// The lanes that a word of a right factor has.
INLINE size_t right_lanes(const mmdit_format format) {
  return format == MMDIT_WIDENED_BFLOAT16 ? LANES : MMDIT_PANEL_COLUMNS;
}

// Word `w` of 16 columns, those of vector `v`, of a right factor.
INLINE words right_word(const mmdit_format format, const int32_t *right, size_t w, const size_t v) {
  words word;
  if (format != MMDIT_WIDENED_BFLOAT16) {
    memcpy(&word, right + w * MMDIT_PANEL_COLUMNS + LANES * v, sizeof word);
    return word;
  }
  memcpy(&word, right + w * LANES, sizeof word);
  return widened_half(word, v);
}

// The parts of a word that are multiplied one after the other where no instruction takes all of it.
INLINE size_t part_count(const mmdit_format format) {
#ifdef HAS_DOT
  (void)format;
  return 1;
#else
  return format == MMDIT_BFLOAT16 ? 2 : format == MMDIT_INT8 ? 4 : 1;
#endif
}

INLINE words left_part(const mmdit_format format, words word, const size_t part) {
  if (part_count(format) == 1) return word;
  if (format == MMDIT_INT8) return (word >> (8 * part)) & 0xff;
  return widened_half(word, part);
}

INLINE words right_part(const mmdit_format format, words word, const size_t part) {
  if (part_count(format) > 1 && format == MMDIT_INT8) return (word << (24 - 8 * part)) >> 24;
  return left_part(format, word, part);
}

// The sums with the products of the numbers of a part added.
INLINE words added(const mmdit_format format, words sums, words a, words b) {
#ifdef HAS_DOT
  if (format == MMDIT_BFLOAT16)
    return __builtin_bit_cast(
        words, _mm512_dpbf16_ps(
                   __builtin_bit_cast(__m512, sums), __builtin_bit_cast(__m512bh, a),
                   __builtin_bit_cast(__m512bh, b)));
  if (format == MMDIT_INT8)
    return __builtin_bit_cast(
        words, _mm512_dpbusd_epi32(
                   __builtin_bit_cast(__m512i, sums), __builtin_bit_cast(__m512i, a),
                   __builtin_bit_cast(__m512i, b)));
#endif
  if (format == MMDIT_INT8) return sums + a * b;
  return AS_WORDS(AS_FLOATS(sums) + AS_FLOATS(a) * AS_FLOATS(b));
}

INLINE words summed(const mmdit_format format, words a, words b) {
  return format == MMDIT_INT8 ? a + b : AS_WORDS(AS_FLOATS(a) + AS_FLOATS(b));
}

// What the sums stand for; `tail` words follow the numbers.
INLINE floats finished(
    const mmdit_format format, words sums, const int32_t *left_tail, const int32_t *right_tail) {
  if (format != MMDIT_INT8) return AS_FLOATS(sums);
  words column_sums, column_scales;
  memcpy(&column_scales, right_tail, sizeof column_scales);
  memcpy(&column_sums, right_tail + MMDIT_PANEL_COLUMNS, sizeof column_sums);
  float scale;
  memcpy(&scale, left_tail, sizeof scale);
  return __builtin_convertvector(sums - 128 * column_sums, floats) *
         (scale * AS_FLOATS(column_scales));
}

enum {
  // So many words before they are multiplied, those of the right factor are fetched to the nearest
  // cache.
  WORDS_AHEAD = 32,
};

// The sums of a panel of rows with one of columns.
typedef words panel_sums[MMDIT_PANEL_ROWS][MMDIT_PANEL_COLUMNS / LANES];

// What some words of a tile are of the whole product.
struct piece {
  // Words come before these, whose sums are in `total`; words come after them.
  int continues, is_continued;
  // Of the runs so far, [MMDIT_PANEL_COLUMNS / LANES] for each row. They are to stay in memory: registers
  // they were kept in would have to be stored and loaded again around each run.
  volatile words *total;
  // What the next tiles of other rows or words read of the left factor: at each word the line is
  // fetched that is `ahead_step` bytes further.
  const char *ahead;
  size_t ahead_step;
};

// `format`, `rows` and `vectors` are constants where this is inlined: the sums of a run stay in
// registers, those of the runs before in memory. The first of the vectors is number `vector` of the
// panel.
INLINE void tile(
    const mmdit_format format, const int32_t *left, const size_t rows, const int32_t *right,
    size_t vector, const size_t vectors, size_t columns, size_t count, struct piece piece, float *c,
    size_t stride) {
#define EACH_SUM                             \
  _Pragma("clang loop unroll(full)")         \
  for (size_t row = 0; row < rows; row++)    \
    _Pragma("clang loop unroll(full)")       \
    for (size_t v = 0; v < vectors; v++)
#define TOTAL piece.total[row * (MMDIT_PANEL_COLUMNS / LANES) + v]
  // Sums are written once, to lines that may be in no cache.
  if (!piece.is_continued) EACH_SUM __builtin_prefetch(c + row * stride + LANES * v, 1);
  for (size_t first = 0; first < count || first == 0; first += MMDIT_RUN_WORDS) {
    size_t last = count - first < MMDIT_RUN_WORDS ? count : first + MMDIT_RUN_WORDS;
    words s[TILE_ROWS][TILE_VECTORS];
    EACH_SUM s[row][v] = 0;
    for (size_t w = first; w < last; w++) {
#pragma clang loop unroll(full)
      for (size_t v = 0; v < vectors; v++)
        if (LANES * v < right_lanes(format))
          __builtin_prefetch(right + (w + WORDS_AHEAD) * right_lanes(format) + LANES * (vector + v));
      __builtin_prefetch(piece.ahead + w * piece.ahead_step);
#pragma clang loop unroll(full)
      for (size_t part = 0; part < part_count(format); part++) {
        words b[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++)
          b[v] = right_part(format, right_word(format, right, w, vector + v), part);
#pragma clang loop unroll(full)
        for (size_t row = 0; row < rows; row++) {
          words a = left_part(format, left[w * MMDIT_PANEL_ROWS + row], part);
#pragma clang loop unroll(full)
          for (size_t v = 0; v < vectors; v++) s[row][v] = added(format, s[row][v], a, b[v]);
        }
        // Both factors are read again for the next part: no register is left that would keep them.
        if (part_count(format) > 1) __asm__ volatile("" ::: "memory");
      }
    }
    if (first || piece.continues)
      EACH_SUM TOTAL = summed(format, TOTAL, s[row][v]);
    else
      EACH_SUM TOTAL = s[row][v];
  }
  if (piece.is_continued) return;
  const int32_t *left_tail = left + count * MMDIT_PANEL_ROWS;
  const int32_t *right_tail = right + count * right_lanes(format) + LANES * vector;
  EACH_SUM {
    float *place = c + row * stride + LANES * v;
    size_t width = columns - LANES * v;
    floats result = finished(format, TOTAL, left_tail + row, right_tail + LANES * v);
    if (width >= LANES)
      memcpy(place, &result, sizeof result);
    else
      memcpy(place, &result, width * sizeof *place);
  }
#undef TOTAL
#undef EACH_SUM
}

INLINE void tile_of_rows(
    const mmdit_format format, const int32_t *left, size_t rows, const int32_t *right, size_t vector,
    const size_t vectors, size_t columns, size_t count, struct piece piece, float *c,
    size_t stride) {
#define CASE(n)                                                                       \
  case n:                                                                             \
    tile(format, left, n, right, vector, vectors, columns, count, piece, c, stride);  \
    break;
  switch (rows) { TILE_CASES }
#undef CASE
}

// A panel of rows with one of columns.
INLINE void tiles(
    const mmdit_format format, const int32_t *left, size_t rows, const int32_t *right,
    size_t columns, size_t count, const struct piece whole, float *c, size_t stride) {
  for (size_t column = 0; column < columns; column += LANES * TILE_VECTORS)
    for (size_t row = 0; row < rows; row += TILE_ROWS) {
      size_t height = least(TILE_ROWS, rows - row);
      size_t width = columns - column;
      const int32_t *a = left + row;
      float *place = c + row * stride + column;
      struct piece piece = whole;
      piece.total += (row * MMDIT_PANEL_COLUMNS + column) / LANES;
      if (TILE_VECTORS > 1 && width > LANES)
        tile_of_rows(
            format, a, height, right, 0, TILE_VECTORS, width, count, piece, place, stride);
      else
        tile_of_rows(
            format, a, height, right, column / LANES, 1, width, count, piece, place, stride);
    }
}

enum {
  // The words of a panel of rows that stay in the cache of a thread, beside as many of one panel of
  // columns: 736 KiB.
  NEAR_WORDS = 4096,
  // The panels of columns whose sums are kept from words to words.
  NEAR_PANELS = 16,
};

// All words of a panel of rows and some columns: those of the left factor that are near with one
// panel of columns after the other, then the next ones.
INLINE void near_tiles(
    const mmdit_format format, const int32_t *left, size_t rows, const int32_t *right,
    size_t right_words, size_t columns, size_t count, float *c, size_t stride) {
  panel_sums totals[NEAR_PANELS];
  const size_t panels = (columns + MMDIT_PANEL_COLUMNS - 1) / MMDIT_PANEL_COLUMNS;
  const size_t word_bytes = MMDIT_PANEL_ROWS * sizeof *left;
  for (size_t first = 0; first < count || first == 0; first += NEAR_WORDS) {
    size_t length = least(NEAR_WORDS, count - first);
    const int32_t *near = left + first * MMDIT_PANEL_ROWS;
    struct piece piece = {
        .continues = first > 0, .is_continued = first + length < count,
        .ahead = (const char *)near + length * word_bytes,
        .ahead_step = (word_bytes + panels - 1) / panels};
    for (size_t panel = 0; panel < panels; panel++) {
      size_t column = panel * MMDIT_PANEL_COLUMNS;
      piece.total = totals[panel][0];
      tiles(
          format, near, rows, right + column * right_words + first * right_lanes(format),
          least(MMDIT_PANEL_COLUMNS, columns - column), length, piece, c + column, stride);
      piece.ahead += length * piece.ahead_step;
    }
  }
}

INLINE void all_tiles(
    const mmdit_format format, const int32_t *left, size_t words, size_t rows, const int32_t *right,
    size_t right_words, size_t columns, float *c, size_t stride) {
  // Behind integers come their scale and their sum.
  const size_t count = words - (format == MMDIT_INT8 ? 2 : 0);
  const size_t near = NEAR_PANELS * MMDIT_PANEL_COLUMNS;
  for (size_t row = 0; row < rows; row += MMDIT_PANEL_ROWS)
    for (size_t column = 0; column < columns; column += near)
      near_tiles(
          format, left + row * words, least(MMDIT_PANEL_ROWS, rows - row),
          right + column * right_words, right_words, least(near, columns - column), count,
          c + row * stride + column, stride);
}

static void multiply(
    mmdit_format format, const int32_t *left, size_t words, size_t rows, const int32_t *right,
    size_t right_words, size_t columns, float *c, size_t stride) {
#define MULTIPLY(format)                                                                   \
  case format:                                                                             \
    all_tiles(format, left, words, rows, right, right_words, columns, c, stride);          \
    break;
  switch (format) {
    MULTIPLY(MMDIT_FLOAT32)
    MULTIPLY(MMDIT_BFLOAT16)
    MULTIPLY(MMDIT_INT8)
    MULTIPLY(MMDIT_WIDENED_BFLOAT16)
  }
#undef MULTIPLY
}
