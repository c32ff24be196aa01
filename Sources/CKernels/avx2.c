// The loops with AVX2 and F16C: 8 floats at a time; what remains is left to the scalar loops.
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF

#include "levels.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)

static __m128i load_halves(const void *source, size_t index) {
  return _mm_loadu_si128((const __m128i *)((const uint8_t *)source + 2 * index));
}

static void bf16_to_f32(const void *source, float *destination, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(load_halves(source, i)), 16);
    _mm256_storeu_si256((__m256i *)(destination + i), wide);
  }
  mmdit_scalar_loops.bf16_to_f32((const uint8_t *)source + 2 * i, destination + i, count - i);
}

static void f16_to_f32(const void *source, float *destination, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(destination + i, _mm256_cvtph_ps(load_halves(source, i)));
  mmdit_scalar_loops.f16_to_f32((const uint8_t *)source + 2 * i, destination + i, count - i);
}

static void f32_to_bf16(const float *source, void *destination, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i bits = _mm256_loadu_si256((const __m256i *)(source + i));
    __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
    __m256i is_nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7f800000));
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
    __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x00400000));
    __m256i high = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, is_nan), 16);
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(high, high), 0x08);
    _mm_storeu_si128(
        (__m128i *)((uint8_t *)destination + 2 * i), _mm256_castsi256_si128(packed));
  }
  mmdit_scalar_loops.f32_to_bf16(source + i, (uint8_t *)destination + 2 * i, count - i);
}

static __m256i magnitudes(const float *values) {
  return _mm256_and_si256(
      _mm256_loadu_si256((const __m256i *)values), _mm256_set1_epi32(0x7fffffff));
}

static uint32_t max_magnitude(const float *values, size_t count) {
  __m256i maxima[4];
  for (size_t k = 0; k < 4; k++) maxima[k] = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= count; i += 32)
    for (size_t k = 0; k < 4; k++)
      maxima[k] = _mm256_max_epu32(maxima[k], magnitudes(values + i + 8 * k));
  __m256i maximum = _mm256_max_epu32(
      _mm256_max_epu32(maxima[0], maxima[1]), _mm256_max_epu32(maxima[2], maxima[3]));
  uint32_t each[8];
  _mm256_storeu_si256((__m256i *)each, maximum);
  uint32_t result = mmdit_scalar_loops.max_magnitude(values + i, count - i);
  for (size_t k = 0; k < 8; k++) result = each[k] > result ? each[k] : result;
  return result;
}

static size_t find_magnitude(const float *values, size_t count, uint32_t magnitude) {
  __m256i wanted = _mm256_set1_epi32((int32_t)magnitude);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i equal = _mm256_cmpeq_epi32(magnitudes(values + i), wanted);
    int found = _mm256_movemask_ps(_mm256_castsi256_ps(equal));
    if (found) return i + (size_t)__builtin_ctz((unsigned)found);
  }
  return i + mmdit_scalar_loops.find_magnitude(values + i, count - i, magnitude);
}

static mmdit_range range_with_zero(const float *values, size_t count) {
  __m256 minimum = _mm256_setzero_ps();
  __m256 maximum = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 v = _mm256_loadu_ps(values + i);
    // The second operand is the result for a NaN and between zeros.
    minimum = _mm256_min_ps(v, minimum);
    maximum = _mm256_max_ps(v, maximum);
  }
  float low[8], high[8];
  _mm256_storeu_ps(low, minimum);
  _mm256_storeu_ps(high, maximum);
  mmdit_range range = mmdit_scalar_loops.range_with_zero(values + i, count - i);
  for (size_t k = 0; k < 8; k++) {
    range.minimum = low[k] < range.minimum ? low[k] : range.minimum;
    range.maximum = high[k] > range.maximum ? high[k] : range.maximum;
  }
  return range;
}

static __m256 clamped_round(__m256 value, __m256 low, __m256 high) {
  __m256 level = _mm256_round_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  return _mm256_min_ps(_mm256_max_ps(level, low), high);
}

static __m256 levels_of(__m256 values, mmdit_quantizer quantizer) {
  return clamped_round(
      _mm256_mul_ps(values, _mm256_set1_ps(quantizer.inverse_scale)),
      _mm256_set1_ps(quantizer.low), _mm256_set1_ps(quantizer.high));
}

// The low bytes of the codes of 32 values, in order.
static __m256i codes_of_32(const float *values, mmdit_quantizer quantizer) {
  __m256i wide[4];
  for (size_t k = 0; k < 4; k++) {
    __m256i level = _mm256_cvtps_epi32(levels_of(_mm256_loadu_ps(values + 8 * k), quantizer));
    wide[k] = _mm256_and_si256(
        _mm256_add_epi32(level, _mm256_set1_epi32(quantizer.offset)), _mm256_set1_epi32(255));
  }
  __m256i bytes = _mm256_packus_epi16(
      _mm256_packus_epi32(wide[0], wide[1]), _mm256_packus_epi32(wide[2], wide[3]));
  // The packs work in each 128-bit half; put the quarters of each half back in order.
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

static void quantize_bytes(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32)
    _mm256_storeu_si256((__m256i *)(codes + i), codes_of_32(values + i, quantizer));
  mmdit_scalar_loops.quantize_bytes(values + i, count - i, quantizer, codes + i);
}

static void quantize_nibbles(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i nibbles =
        _mm256_and_si256(codes_of_32(values + i, quantizer), _mm256_set1_epi8(15));
    // even + 16 * odd in each 16-bit lane.
    __m256i pairs = _mm256_maddubs_epi16(nibbles, _mm256_set1_epi16(0x1001));
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0x08);
    _mm_storeu_si128((__m128i *)(codes + i / 2), _mm256_castsi256_si128(packed));
  }
  mmdit_scalar_loops.quantize_nibbles(values + i, count - i, quantizer, codes + i / 2);
}

static void store_scaled(float *values, __m256i levels, float scale) {
  _mm256_storeu_ps(
      values, _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_cvtepi32_ps(levels)));
}

static void dequantize_int8(const uint8_t *codes, size_t count, float scale, float *values) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(codes + i));
    store_scaled(values + i, _mm256_cvtepi8_epi32(bytes), scale);
  }
  mmdit_scalar_loops.dequantize_int8(codes + i, count - i, scale, values + i);
}

static void dequantize_uint8(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(codes + i));
    __m256i wide = _mm256_cvtepu8_epi32(bytes);
    store_scaled(values + i, _mm256_sub_epi32(wide, _mm256_set1_epi32(zero)), scale);
  }
  mmdit_scalar_loops.dequantize_uint8(codes + i, count - i, scale, zero, values + i);
}

static void dequantize_nibbles(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    int32_t packed;
    memcpy(&packed, codes + i / 2, sizeof packed);
    __m128i bytes = _mm_cvtsi32_si128(packed);
    __m128i even = _mm_and_si128(bytes, _mm_set1_epi8(15));
    __m128i odd = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    __m256i wide = _mm256_cvtepu8_epi32(_mm_unpacklo_epi8(even, odd));
    store_scaled(values + i, _mm256_sub_epi32(wide, _mm256_set1_epi32(zero)), scale);
  }
  mmdit_scalar_loops.dequantize_nibbles(codes + i / 2, count - i, scale, zero, values + i);
}

// One candidate in each lane, so that no sum crosses lanes; 8 candidates, then the other 8.
static void scale_errors(
    const float *values, size_t count, float normalizer, const float *candidates,
    double *errors) {
  for (size_t first = 0; first < MMDIT_CANDIDATES; first += 8) {
    __m256 scale = _mm256_loadu_ps(candidates + first);
    __m256 inverse = _mm256_loadu_ps(candidates + 16 + first);
    __m256 low = _mm256_loadu_ps(candidates + 32 + first);
    __m256 high = _mm256_loadu_ps(candidates + 48 + first);
    __m256d totals[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
    for (size_t begin = 0; begin < count; begin += BLOCK) {
      size_t length = count - begin < BLOCK ? count - begin : BLOCK;
      __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
      for (size_t i = 0; i < length; i++) {
        __m256 x = _mm256_mul_ps(
            _mm256_set1_ps(values[begin + i]), _mm256_set1_ps(normalizer));
        __m256 level = clamped_round(_mm256_mul_ps(x, inverse), low, high);
        __m256 error = _mm256_sub_ps(x, _mm256_mul_ps(scale, level));
        sums[i % 2] = _mm256_add_ps(sums[i % 2], _mm256_mul_ps(error, error));
      }
      __m256 sum = _mm256_add_ps(sums[0], sums[1]);
      totals[0] = _mm256_add_pd(totals[0], _mm256_cvtps_pd(_mm256_castps256_ps128(sum)));
      totals[1] = _mm256_add_pd(totals[1], _mm256_cvtps_pd(_mm256_extractf128_ps(sum, 1)));
    }
    _mm256_storeu_pd(errors + first, totals[0]);
    _mm256_storeu_pd(errors + first + 4, totals[1]);
  }
}

#include "search_loops.h"

static double tree_sum(const __m256 *lanes) {
  __m256 eight = _mm256_add_ps(lanes[0], lanes[1]);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return (double)_mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static mmdit_moments level_moments(
    const float *values, size_t count, float normalizer, mmdit_quantizer quantizer) {
  mmdit_moments moments = {0, 0};
  for (size_t begin = 0; begin < count; begin += BLOCK) {
    size_t length = count - begin < BLOCK ? count - begin : BLOCK;
    // Beyond the end it holds 0, whose level is 0.
    float block[BLOCK] = {0};
    memcpy(block, values + begin, length * sizeof *block);
    __m256 value_level[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 level_level[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t i = 0; i < BLOCK; i += 16)
      for (size_t k = 0; k < 2; k++) {
        __m256 v = _mm256_loadu_ps(block + i + 8 * k);
        __m256 x = _mm256_mul_ps(v, _mm256_set1_ps(normalizer));
        __m256 level = levels_of(x, quantizer);
        value_level[k] = _mm256_add_ps(value_level[k], _mm256_mul_ps(x, level));
        level_level[k] = _mm256_add_ps(level_level[k], _mm256_mul_ps(level, level));
      }
    moments.value_level += tree_sum(value_level);
    moments.level_level += tree_sum(level_level);
  }
  return moments;
}

#pragma clang attribute pop

const struct mmdit_loops mmdit_avx2_loops = {
    bf16_to_f32,      f16_to_f32,       f32_to_bf16,        max_magnitude,
    find_magnitude,   range_with_zero,  quantize_bytes,     quantize_nibbles,
    dequantize_int8,  dequantize_uint8, dequantize_nibbles, scale_errors,
    level_moments,    best_of_scales,
};
#endif
