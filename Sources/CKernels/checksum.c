// The loops of checksum.h and the choice between them.
#include "checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// What four bits that leave the register do to it.
static const uint32_t nibbles[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

// The register after more bytes; the checksum is its complement.
static uint32_t register_after(uint32_t state, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    state ^= bytes[i];
    state = state >> 4 ^ nibbles[state & 15];
    state = state >> 4 ^ nibbles[state & 15];
  }
  return state;
}

#if defined(__x86_64__)
#define CLMUL __attribute__((target("pclmul,sse4.1")))

// Sixteen bytes moved on by a distance: both halves times what the distance leaves of them modulo the
// polynomial, x^(d + 32) and x^(d - 32), bits reversed.
CLMUL static __m128i moved(__m128i lane, __m128i distance) {
  return _mm_xor_si128(
      _mm_clmulepi64_si128(lane, distance, 0x00), _mm_clmulepi64_si128(lane, distance, 0x11));
}

// Eight lanes of sixteen bytes, each moved on by 128 bytes in every turn, then joined.
//
// Folding as in Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ (2009).
CLMUL static uint32_t register_after_folding(
    uint32_t state, const uint8_t *bytes, size_t count) {
  enum { LANES = 8, STRIDE = 16 * LANES };
  if (count < STRIDE) return register_after(state, bytes, count);
  const __m128i *next = (const __m128i *)bytes;
  const __m128i by_stride = _mm_set_epi64x(0x14a7fe880, 0x1e88ef372);
  const __m128i by_lane = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  __m128i lanes[LANES];
  for (size_t k = 0; k < LANES; k++) lanes[k] = _mm_loadu_si128(next + k);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int32_t)state));
  size_t done = STRIDE;
  for (; done + STRIDE <= count; done += STRIDE)
    for (size_t k = 0; k < LANES; k++) {
      next = (const __m128i *)(bytes + done);
      lanes[k] = _mm_xor_si128(moved(lanes[k], by_stride), _mm_loadu_si128(next + k));
    }
  __m128i lane = lanes[0];
  for (size_t k = 1; k < LANES; k++) lane = _mm_xor_si128(moved(lane, by_lane), lanes[k]);
  uint8_t rest[16];
  memcpy(rest, &lane, sizeof rest);
  return register_after(register_after(0, rest, sizeof rest), bytes + done, count - done);
}
#endif

mmdit_checksum_level mmdit_best_checksum_level(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
    return MMDIT_CHECKSUM_CLMUL;
#endif
  return MMDIT_CHECKSUM_SCALAR;
}

uint32_t mmdit_crc32(
    mmdit_checksum_level level, uint32_t checksum, const void *bytes, size_t count) {
#if defined(__x86_64__)
  if (level == MMDIT_CHECKSUM_CLMUL) return ~register_after_folding(~checksum, bytes, count);
#endif
  return ~register_after(~checksum, bytes, count);
}
