// Numbers of f16 as their bits, without instructions that not every processor has.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float half_value(uint16_t bits) {
  uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  float magnitude = exponent == 0    ? (float)fraction * 0x1p-24f
                    : exponent == 31 ? INFINITY
                                     : (float)(1024 + fraction) * 0x1p-25f * (float)(1u << exponent);
  return bits & 0x8000 ? -magnitude : magnitude;
}

// The same, and NaN where it is one, with its sign and the bits of its fraction.
static inline float half_number(uint16_t bits) {
  if ((bits & 0x7fff) <= 0x7c00) return half_value(bits);
  uint32_t wide = (uint32_t)(bits & 0x8000) << 16 | 0x7fc00000 | (uint32_t)(bits & 1023) << 13;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

// Nearest, ties to even; infinite from 65520 on. Not for NaN.
static inline uint16_t nearest_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits >= 0x477ff000) return sign | 0x7c00;
  if (bits >= 0x38800000)
    return sign | (uint16_t)((bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13);
  // Multiples of 2^-24, the step of float from 1/2 to 1.
  float rest;
  memcpy(&rest, &bits, sizeof rest);
  rest = (rest + 0.5f) - 0.5f;
  return sign | (uint16_t)(rest * 0x1p24f);
}

// The same, but what is not 0 does not become 0, so that it can still give values.
static inline uint16_t half_bits(float value) {
  uint16_t bits = nearest_half(value);
  return value != 0 && (bits & 0x7fff) == 0 ? bits | 1 : bits;
}
