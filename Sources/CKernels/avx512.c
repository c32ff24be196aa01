// The loops with AVX-512 F, BW, VL and DQ: 16 floats at a time, the end of an array under a mask.
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF

#include "levels.h"

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)

// The lanes of a vector that starts at `begin` and lie before `count`.
static __mmask16 lanes(size_t begin, size_t count) {
  size_t left = count - begin;
  return left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
}

static void bf16_to_f32(const void *source, float *destination, size_t count) {
  const uint16_t *halves = source;
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, halves + i));
    _mm512_mask_storeu_epi32(destination + i, mask, _mm512_slli_epi32(wide, 16));
  }
}

static void f16_to_f32(const void *source, float *destination, size_t count) {
  const uint16_t *halves = source;
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512 wide = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, halves + i));
    _mm512_mask_storeu_ps(destination + i, mask, wide);
  }
}

static void f32_to_bf16(const float *source, void *destination, size_t count) {
  uint16_t *halves = destination;
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i bits = _mm512_maskz_loadu_epi32(mask, source + i);
    __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
    __mmask16 is_nan = _mm512_cmpgt_epu32_mask(magnitude, _mm512_set1_epi32(0x7f800000));
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    rounded = _mm512_mask_or_epi32(rounded, is_nan, bits, _mm512_set1_epi32(0x00400000));
    _mm512_mask_cvtepi32_storeu_epi16(halves + i, mask, _mm512_srli_epi32(rounded, 16));
  }
}

static uint32_t max_magnitude(const float *values, size_t count) {
  __m512i sign = _mm512_set1_epi32(0x7fffffff);
  __m512i maxima[4];
  for (size_t k = 0; k < 4; k++) maxima[k] = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 64 <= count; i += 64)
    for (size_t k = 0; k < 4; k++) {
      __m512i bits = _mm512_loadu_si512(values + i + 16 * k);
      maxima[k] = _mm512_max_epu32(maxima[k], _mm512_and_si512(bits, sign));
    }
  for (; i < count; i += 16) {
    __m512i bits = _mm512_maskz_loadu_epi32(lanes(i, count), values + i);
    maxima[0] = _mm512_max_epu32(maxima[0], _mm512_and_si512(bits, sign));
  }
  __m512i maximum = _mm512_max_epu32(
      _mm512_max_epu32(maxima[0], maxima[1]), _mm512_max_epu32(maxima[2], maxima[3]));
  return _mm512_reduce_max_epu32(maximum);
}

static size_t find_magnitude(const float *values, size_t count, uint32_t magnitude) {
  __m512i sign = _mm512_set1_epi32(0x7fffffff);
  __m512i wanted = _mm512_set1_epi32((int32_t)magnitude);
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i bits = _mm512_and_si512(_mm512_maskz_loadu_epi32(mask, values + i), sign);
    __mmask16 found = _mm512_mask_cmpeq_epi32_mask(mask, bits, wanted);
    if (found) return i + (size_t)__builtin_ctz(found);
  }
  return count;
}

static mmdit_range range_with_zero(const float *values, size_t count) {
  __m512 minimum = _mm512_setzero_ps();
  __m512 maximum = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16) {
    __m512 v = _mm512_maskz_loadu_ps(lanes(i, count), values + i);
    // The second operand is the result for a NaN and between zeros.
    minimum = _mm512_min_ps(v, minimum);
    maximum = _mm512_max_ps(v, maximum);
  }
  return (mmdit_range){_mm512_reduce_min_ps(minimum), _mm512_reduce_max_ps(maximum)};
}

static __m512 clamped_round(__m512 value, __m512 low, __m512 high) {
  __m512 level =
      _mm512_roundscale_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  return _mm512_min_ps(_mm512_max_ps(level, low), high);
}

static __m512 levels_of(__m512 values, mmdit_quantizer quantizer) {
  return clamped_round(
      _mm512_mul_ps(values, _mm512_set1_ps(quantizer.inverse_scale)),
      _mm512_set1_ps(quantizer.low), _mm512_set1_ps(quantizer.high));
}

static __m512i codes_of(__m512 values, mmdit_quantizer quantizer) {
  return _mm512_add_epi32(
      _mm512_cvtps_epi32(levels_of(values, quantizer)), _mm512_set1_epi32(quantizer.offset));
}

static void quantize_bytes(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i wide = codes_of(_mm512_maskz_loadu_ps(mask, values + i), quantizer);
    _mm512_mask_cvtepi32_storeu_epi8(codes + i, mask, wide);
  }
}

static void quantize_nibbles(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i wide = codes_of(_mm512_maskz_loadu_ps(mask, values + i), quantizer);
    __m512i nibbles = _mm512_maskz_and_epi32(mask, wide, _mm512_set1_epi32(15));
    // even + 16 * odd in each 16-bit lane.
    __m128i pairs =
        _mm_maddubs_epi16(_mm512_cvtepi32_epi8(nibbles), _mm_set1_epi16(0x1001));
    size_t left = count - i < 16 ? count - i : 16;
    __mmask8 bytes = (__mmask8)((1u << (left + 1) / 2) - 1);
    _mm_mask_cvtepi16_storeu_epi8(codes + i / 2, bytes, pairs);
  }
}

static void store_scaled(float *values, __mmask16 mask, __m512i levels, float scale) {
  _mm512_mask_storeu_ps(
      values, mask, _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_cvtepi32_ps(levels)));
}

static void dequantize_int8(const uint8_t *codes, size_t count, float scale, float *values) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i wide = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, codes + i));
    store_scaled(values + i, mask, wide, scale);
  }
}

static void dequantize_uint8(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    __m512i wide = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, codes + i));
    store_scaled(values + i, mask, _mm512_sub_epi32(wide, _mm512_set1_epi32(zero)), scale);
  }
}

static void dequantize_nibbles(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes(i, count);
    size_t left = count - i < 16 ? count - i : 16;
    __m128i bytes =
        _mm_maskz_loadu_epi8((__mmask16)((1u << (left + 1) / 2) - 1), codes + i / 2);
    __m128i even = _mm_and_si128(bytes, _mm_set1_epi8(15));
    __m128i odd = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    __m512i wide = _mm512_cvtepu8_epi32(_mm_unpacklo_epi8(even, odd));
    store_scaled(values + i, mask, _mm512_sub_epi32(wide, _mm512_set1_epi32(zero)), scale);
  }
}

// One candidate in each lane, so that no sum crosses lanes.
static void scale_errors(
    const float *values, size_t count, float normalizer, const float *candidates,
    double *errors) {
  __m512 scale = _mm512_loadu_ps(candidates);
  __m512 inverse = _mm512_loadu_ps(candidates + 16);
  __m512 low = _mm512_loadu_ps(candidates + 32);
  __m512 high = _mm512_loadu_ps(candidates + 48);
  __m512d totals[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
  _Alignas(64) float block[BLOCK];
  for (size_t begin = 0; begin < count; begin += BLOCK) {
    size_t length = count - begin < BLOCK ? count - begin : BLOCK;
    for (size_t i = 0; i < length; i += 16) {
      __m512 v = _mm512_maskz_loadu_ps(lanes(i, length), values + begin + i);
      _mm512_storeu_ps(block + i, _mm512_mul_ps(v, _mm512_set1_ps(normalizer)));
    }
    __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    size_t i = 0;
    for (; i + 2 <= length; i += 2)
      for (size_t k = 0; k < 2; k++) {
        __m512 x = _mm512_set1_ps(block[i + k]);
        __m512 level = clamped_round(_mm512_mul_ps(x, inverse), low, high);
        __m512 error = _mm512_sub_ps(x, _mm512_mul_ps(scale, level));
        sums[k] = _mm512_add_ps(sums[k], _mm512_mul_ps(error, error));
      }
    if (i < length) {
      __m512 x = _mm512_set1_ps(block[i]);
      __m512 level = clamped_round(_mm512_mul_ps(x, inverse), low, high);
      __m512 error = _mm512_sub_ps(x, _mm512_mul_ps(scale, level));
      sums[0] = _mm512_add_ps(sums[0], _mm512_mul_ps(error, error));
    }
    __m512 sum = _mm512_add_ps(sums[0], sums[1]);
    totals[0] = _mm512_add_pd(totals[0], _mm512_cvtps_pd(_mm512_castps512_ps256(sum)));
    totals[1] = _mm512_add_pd(totals[1], _mm512_cvtps_pd(_mm512_extractf32x8_ps(sum, 1)));
  }
  _mm512_storeu_pd(errors, totals[0]);
  _mm512_storeu_pd(errors + 8, totals[1]);
}

#include "search_loops.h"

static double tree_sum(__m512 v) {
  __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return (double)_mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static mmdit_moments level_moments(
    const float *values, size_t count, float normalizer, mmdit_quantizer quantizer) {
  mmdit_moments moments = {0, 0};
  for (size_t begin = 0; begin < count; begin += BLOCK) {
    size_t length = count - begin < BLOCK ? count - begin : BLOCK;
    __m512 value_level = _mm512_setzero_ps();
    __m512 level_level = _mm512_setzero_ps();
    for (size_t i = 0; i < length; i += 16) {
      __m512 v = _mm512_maskz_loadu_ps(lanes(i, length), values + begin + i);
      __m512 x = _mm512_mul_ps(v, _mm512_set1_ps(normalizer));
      // Lanes beyond the end hold 0, whose level is 0.
      __m512 level = levels_of(x, quantizer);
      value_level = _mm512_add_ps(value_level, _mm512_mul_ps(x, level));
      level_level = _mm512_add_ps(level_level, _mm512_mul_ps(level, level));
    }
    moments.value_level += tree_sum(value_level);
    moments.level_level += tree_sum(level_level);
  }
  return moments;
}

#pragma clang attribute pop

const struct mmdit_loops mmdit_avx512_loops = {
    bf16_to_f32,      f16_to_f32,       f32_to_bf16,        max_magnitude,
    find_magnitude,   range_with_zero,  quantize_bytes,     quantize_nibbles,
    dequantize_int8,  dequantize_uint8, dequantize_nibbles, scale_errors,
    level_moments,    best_of_scales,
};
#endif
