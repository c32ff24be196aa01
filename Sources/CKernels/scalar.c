// The loops as their definitions read. The other levels are compared with these.
#pragma STDC FP_CONTRACT OFF

#include "levels.h"

#include <math.h>
#include <string.h>

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint16_t load16(const void *source, size_t index) {
  uint16_t bits;
  memcpy(&bits, (const uint8_t *)source + 2 * index, sizeof bits);
  return bits;
}

static void bf16_to_f32(const void *source, float *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = float_of((uint32_t)load16(source, i) << 16);
}

static float f16_value(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 31;
  uint32_t fraction = half & 1023;
  if (exponent == 31) {
    uint32_t quiet = fraction != 0 ? 0x00400000 : 0;
    return float_of(sign | 0x7f800000 | quiet | fraction << 13);
  }
  if (exponent == 0) {
    float magnitude = (float)fraction * 0x1p-24f;
    return float_of(sign | bits_of(magnitude));
  }
  return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

static void f16_to_f32(const void *source, float *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = f16_value(load16(source, i));
}

static void f32_to_bf16(const float *source, void *destination, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = bits_of(source[i]);
    int is_nan = (bits & 0x7fffffff) > 0x7f800000;
    uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
    uint16_t half = (uint16_t)((is_nan ? bits | 0x00400000 : rounded) >> 16);
    memcpy((uint8_t *)destination + 2 * i, &half, sizeof half);
  }
}

static uint32_t max_magnitude(const float *values, size_t count) {
  uint32_t maximum = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = bits_of(values[i]) & 0x7fffffff;
    maximum = magnitude > maximum ? magnitude : maximum;
  }
  return maximum;
}

static size_t find_magnitude(const float *values, size_t count, uint32_t magnitude) {
  size_t i = 0;
  while (i < count && (bits_of(values[i]) & 0x7fffffff) != magnitude) i++;
  return i;
}

static mmdit_range range_with_zero(const float *values, size_t count) {
  mmdit_range range = {0, 0};
  for (size_t i = 0; i < count; i++) {
    range.minimum = values[i] < range.minimum ? values[i] : range.minimum;
    range.maximum = values[i] > range.maximum ? values[i] : range.maximum;
  }
  return range;
}

// The comparisons are written so that a NaN becomes `low`, as the vector instructions do it.
static float clamp(float level, float low, float high) {
  level = level > low ? level : low;
  return level < high ? level : high;
}

static float level_of(float value, mmdit_quantizer quantizer) {
  return clamp(rintf(value * quantizer.inverse_scale), quantizer.low, quantizer.high);
}

static uint8_t code_of(float value, mmdit_quantizer quantizer) {
  return (uint8_t)((int32_t)level_of(value, quantizer) + quantizer.offset);
}

static void quantize_bytes(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  for (size_t i = 0; i < count; i++) codes[i] = code_of(values[i], quantizer);
}

static void quantize_nibbles(
    const float *values, size_t count, mmdit_quantizer quantizer, uint8_t *codes) {
  for (size_t i = 0; i < count; i += 2) {
    uint8_t low = code_of(values[i], quantizer) & 15;
    uint8_t high = i + 1 < count ? code_of(values[i + 1], quantizer) & 15 : 0;
    codes[i / 2] = (uint8_t)(low | high << 4);
  }
}

static void dequantize_int8(const uint8_t *codes, size_t count, float scale, float *values) {
  for (size_t i = 0; i < count; i++) values[i] = scale * (float)(int8_t)codes[i];
}

static void dequantize_uint8(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  for (size_t i = 0; i < count; i++) values[i] = scale * (float)((int32_t)codes[i] - zero);
}

static void dequantize_nibbles(
    const uint8_t *codes, size_t count, float scale, int32_t zero, float *values) {
  for (size_t i = 0; i < count; i++) {
    int32_t code = codes[i / 2] >> (i % 2 * 4) & 15;
    values[i] = scale * (float)(code - zero);
  }
}

static void scale_errors(
    const float *values, size_t count, float normalizer, const float *candidates,
    double *errors) {
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) {
    float scale = candidates[c];
    float inverse = candidates[MMDIT_CANDIDATES + c];
    float low = candidates[2 * MMDIT_CANDIDATES + c];
    float high = candidates[3 * MMDIT_CANDIDATES + c];
    double total = 0;
    for (size_t begin = 0; begin < count; begin += BLOCK) {
      size_t length = count - begin < BLOCK ? count - begin : BLOCK;
      float sums[2] = {0, 0};
      for (size_t i = 0; i < length; i++) {
        float x = values[begin + i] * normalizer;
        float error = x - scale * clamp(rintf(x * inverse), low, high);
        sums[i % 2] += error * error;
      }
      total += (double)(sums[0] + sums[1]);
    }
    errors[c] = total;
  }
}

#include "search_loops.h"

static float tree_sum(float *lanes) {
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
  return lanes[0];
}

static mmdit_moments level_moments(
    const float *values, size_t count, float normalizer, mmdit_quantizer quantizer) {
  mmdit_moments moments = {0, 0};
  for (size_t begin = 0; begin < count; begin += BLOCK) {
    size_t length = count - begin < BLOCK ? count - begin : BLOCK;
    float value_level[16] = {0};
    float level_level[16] = {0};
    for (size_t i = 0; i < length; i++) {
      float x = values[begin + i] * normalizer;
      float level = level_of(x, quantizer);
      value_level[i % 16] += x * level;
      level_level[i % 16] += level * level;
    }
    moments.value_level += (double)tree_sum(value_level);
    moments.level_level += (double)tree_sum(level_level);
  }
  return moments;
}

const struct mmdit_loops mmdit_scalar_loops = {
    bf16_to_f32,      f16_to_f32,       f32_to_bf16,        max_magnitude,
    find_magnitude,   range_with_zero,  quantize_bytes,     quantize_nibbles,
    dequantize_int8,  dequantize_uint8, dequantize_nibbles, scale_errors,
    level_moments,    best_of_scales,
};
