// What one core of this processor can do at best: nothing but the instructions themselves.
#include "loops.h"

#include <string.h>

struct peak peaks[9];
static char *memory_source, *memory_target;

void set_memory(char *source, char *target) {
  memory_source = source;
  memory_target = target;
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { TURNS = 1000, SUMS_256 = 12, SUMS_512 = 24, CACHED = 1 << 14 };
static _Alignas(64) char cached[CACHED];

// More sums than the latency of an instruction times its number in a cycle, and less than registers.
#define TWELVE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define TWENTY_FOUR(X) \
  TWELVE(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define ZERO(i) VECTOR s##i = ZEROS;
#define STEP(i) __asm__ volatile(INSTRUCTION " %1, %1, %0" : "+v"(s##i) : "v"(factor));
#define ARITHMETIC(name, instructions)                                        \
  __attribute__((target(instructions))) static void name(mmdit_level level) { \
    (void)level;                                                              \
    VECTOR factor = ZEROS;                                                    \
    EACH_SUM(ZERO)                                                            \
    for (int turn = 0; turn < TURNS; turn++) { EACH_SUM(STEP) }               \
  }

// Loads and stores of a whole buffer, eight vectors a turn.
#define EIGHT(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define LOAD(i) __asm__ volatile("vmovups %0, %%" REGISTER #i : : "m"(place[i]) : "xmm" #i);
#define STORE(i) __asm__ volatile("vmovups %%" REGISTER "0, %0" : "=m"(place[i]));
#define STREAM(i) __asm__ volatile("vmovntps %%" REGISTER "0, %0" : "=m"(place[i]));
#define MOVES(name, instructions, from, size, move)                           \
  __attribute__((target(instructions))) static void name(mmdit_level level) { \
    (void)level;                                                              \
    char *first = from, *end = first + size;                                  \
    for (; first < end; first += 8 * sizeof(VECTOR)) {                        \
      VECTOR *place = (VECTOR *)(void *)first;                                \
      EIGHT(move)                                                             \
    }                                                                         \
  }

#define VECTOR __m256
#define EACH_SUM TWELVE
#define ZEROS _mm256_setzero_ps()
#define REGISTER "ymm"
#define INSTRUCTION "vfmadd231ps"
ARITHMETIC(fma_256, "avx2,fma")
#undef INSTRUCTION
MOVES(load_256, "avx2", cached, CACHED, LOAD)
MOVES(store_256, "avx2", cached, CACHED, STORE)
MOVES(read_256, "avx2", memory_source, MEMORY_BYTES, LOAD)
MOVES(write_256, "avx2", memory_target, MEMORY_BYTES, STREAM)
#undef VECTOR
#undef EACH_SUM
#undef ZEROS
#undef REGISTER

#define VECTOR __m512
#define EACH_SUM TWENTY_FOUR
#define ZEROS _mm512_setzero_ps()
#define REGISTER "zmm"
#define INSTRUCTION "vfmadd231ps"
ARITHMETIC(fma_512, "avx512f")
#undef INSTRUCTION
#define INSTRUCTION "vdpbf16ps"
ARITHMETIC(bf16_512, "avx512f,avx512bf16")
#undef INSTRUCTION
#define INSTRUCTION "vpdpbusd"
ARITHMETIC(int8_512, "avx512f,avx512vnni")
#undef INSTRUCTION
MOVES(load_512, "avx512f", cached, CACHED, LOAD)
MOVES(store_512, "avx512f", cached, CACHED, STORE)
MOVES(read_512, "avx512f", memory_source, MEMORY_BYTES, LOAD)
MOVES(write_512, "avx512f", memory_target, MEMORY_BYTES, STREAM)

static void copy(mmdit_level level) {
  (void)level;
  memcpy(memory_target, memory_source, MEMORY_BYTES);
}

void find_peaks(void) {
  mmdit_level level = mmdit_best_level();
  if (level == MMDIT_KERNELS_SCALAR) return;
  int is_wide = level == MMDIT_KERNELS_AVX512;
  double lanes = is_wide ? 16 : 8;
  struct peak *peak = peaks;
  double arithmetic = TURNS * lanes * (is_wide ? SUMS_512 : SUMS_256);
  *peak++ = (struct peak){"f32", "GFLOP/s", is_wide ? fma_512 : fma_256, 2 * arithmetic, 0};
  if (is_wide && __builtin_cpu_supports("avx512bf16"))
    *peak++ = (struct peak){"bf16", "GFLOP/s", bf16_512, 4 * arithmetic, 0};
  if (is_wide && __builtin_cpu_supports("avx512vnni"))
    *peak++ = (struct peak){"int8", "GOP/s", int8_512, 8 * arithmetic, 0};
  *peak++ = (struct peak){"loads", "GB/s", is_wide ? load_512 : load_256, CACHED, 0};
  *peak++ = (struct peak){"stores", "GB/s", is_wide ? store_512 : store_256, CACHED, 0};
  *peak++ = (struct peak){"memory read", "GB/s", is_wide ? read_512 : read_256, MEMORY_BYTES, 1};
  *peak++ = (struct peak){"memory written", "GB/s", is_wide ? write_512 : write_256, MEMORY_BYTES, 1};
  *peak = (struct peak){"memory copied", "GB/s", copy, MEMORY_BYTES, 1};
}
#else
void find_peaks(void) {}
#endif
