// The table of 16 levels by permutations: of the eighths of a position, 32 are told apart, in each of
// which at most one border between levels lies.
#pragma once

#include <immintrin.h>

// The eighth of -124 ... 120 that a position rounds to, as 32 numbers beginning at 16, modulo 32.
static inline __m512i eighth_of(__m512 position) {
  __m512 inner = _mm512_min_ps(
      _mm512_max_ps(position, _mm512_set1_ps(-124)), _mm512_set1_ps(120));
  return _mm512_cvtps_epi32(_mm512_mul_ps(inner, _mm512_set1_ps(0.125f)));
}

static inline __m512 of_eighth(const float *numbers, __m512i eighth) {
  return _mm512_permutex2var_ps(_mm512_loadu_ps(numbers), eighth, _mm512_loadu_ps(numbers + 16));
}

// For each eighth, from 0 and then from -16: the border in it, and how many lie before that. Where
// there is none, the next one above it.
static const float borders_of_eighths[32] = {
    7, 7, 19, 31.5f, 31.5f, 45.5f, 45.5f, 61,
    61, 79, 79, 101, 101, 101, INFINITY, INFINITY,
    -115.5f, -115.5f, -115.5f, -93.5f, -93.5f, -74, -74, -74,
    -57, -57, -42, -42, -28.5f, -16, -16, -4.5f};
static const float indices_of_eighths[32] = {
    8, 8, 9, 10, 10, 11, 11, 12,
    12, 13, 13, 14, 14, 14, 15, 15,
    0, 0, 0, 1, 1, 2, 2, 2,
    3, 3, 4, 4, 5, 6, 6, 7};
static const float lower_levels[32] = {
    1, 1, 13, 25, 25, 38, 38, 53,
    53, 69, 69, 89, 89, 89, 113, 113,
    -127, -127, -127, -104, -104, -83, -83, -83,
    -65, -65, -49, -49, -35, -22, -22, -10};
static const float upper_levels[32] = {
    13, 13, 25, 38, 38, 53, 53, 69,
    69, 89, 89, 113, 113, 113, 113, 113,
    -104, -104, -104, -83, -83, -65, -65, -65,
    -49, -49, -35, -35, -22, -10, -10, 1};

static inline lanes table_level(lanes position) {
  __m512i eighth = eighth_of(position);
  __mmask16 is_above =
      _mm512_cmp_ps_mask(position, of_eighth(borders_of_eighths, eighth), _CMP_GT_OQ);
  return _mm512_mask_blend_ps(
      is_above, of_eighth(lower_levels, eighth), of_eighth(upper_levels, eighth));
}

static inline lanes table_index(lanes position) {
  __m512i eighth = eighth_of(position);
  __mmask16 is_above =
      _mm512_cmp_ps_mask(position, of_eighth(borders_of_eighths, eighth), _CMP_GT_OQ);
  __m512 index = of_eighth(indices_of_eighths, eighth);
  return _mm512_mask_add_ps(index, is_above, index, _mm512_set1_ps(1));
}
