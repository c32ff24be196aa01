// The loops of CKernels that quantizing spends its time in, each alone on values in the first cache.
//
//   kernels             JSON lines: every loop at every level of this processor, GB/s of bf16 (two
//                       bytes a value), the best of many short runs
//   kernels LEVEL NAME COUNT
//                       runs one loop so many times, for a counter of instructions around it
//
// work_kernels.py compiles it with Sources/CKernels/*.c.
#include "checksum.h"
#include "kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 4096, GROUP = 64 };

static _Alignas(64) float values[COUNT];
static _Alignas(64) float decoded[COUNT];
static _Alignas(64) uint16_t halves[COUNT];
static _Alignas(64) uint8_t codes[COUNT];
static volatile double sink;

static void fill(void) {
  uint64_t state = 1;
  for (size_t i = 0; i < COUNT; i++) {
    float sum = 0;  // of twelve uniform numbers, nearly normal
    for (int k = 0; k < 12; k++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sum += (float)(state >> 40) * 0x1p-24f;
    }
    values[i] = 0.02f * (sum - 6);
  }
  mmdit_f32_to_bf16(MMDIT_KERNELS_SCALAR, values, halves, COUNT);
}

static const mmdit_quantizer int8_codes = {1000, -127, 127, 0};
static const mmdit_quantizer int4_codes = {100, -8, 7, 8};

static void bf16_to_f32(mmdit_level level) { mmdit_bf16_to_f32(level, halves, decoded, COUNT); }
static void f32_to_bf16(mmdit_level level) { mmdit_f32_to_bf16(level, values, halves, COUNT); }
static void max_magnitude(mmdit_level level) {
  sink += mmdit_max_magnitude(level, values, COUNT);
}
static void quantize_bytes(mmdit_level level) {
  mmdit_quantize_bytes(level, values, COUNT, int8_codes, codes);
}
static void quantize_nibbles(mmdit_level level) {
  for (size_t i = 0; i < COUNT; i += GROUP)
    mmdit_quantize_nibbles(level, values + i, GROUP, int4_codes, codes + i / 2);
}
static void dequantize_int8(mmdit_level level) {
  mmdit_dequantize_int8(level, codes, COUNT, 0.001f, decoded);
}
static void dequantize_nibbles(mmdit_level level) {
  for (size_t i = 0; i < COUNT; i += GROUP)
    mmdit_dequantize_nibbles(level, codes + i / 2, GROUP, 0.01f, 8, decoded + i);
}
static void level_moments(mmdit_level level) {
  for (size_t i = 0; i < COUNT; i += GROUP)
    sink += mmdit_level_moments(level, values + i, GROUP, 32, int4_codes).value_level;
}
static void best_of_scales(mmdit_level level) {
  float scales[MMDIT_CANDIDATES];
  for (size_t c = 0; c < MMDIT_CANDIDATES; c++) scales[c] = 0.008f + 0.0002f * (float)c;
  mmdit_scale_grid grid = {MMDIT_SCALE_BF16, 0x1p-126f, 8, 0.01f, -8, 7};
  for (size_t i = 0; i < COUNT; i += GROUP)
    sink += mmdit_best_of_scales(level, values + i, GROUP, 32, scales, grid).error;
}
// Its bytes are those of as many values in bf16.
static void crc32(mmdit_level level) {
  mmdit_checksum_level best = mmdit_best_checksum_level();
  sink += mmdit_crc32(level < best ? level : best, 0, halves, sizeof halves);
}

static const struct {
  const char *name;
  void (*run)(mmdit_level);
} loops[] = {
    {"bf16_to_f32", bf16_to_f32},
    {"f32_to_bf16", f32_to_bf16},
    {"max_magnitude", max_magnitude},
    {"quantize_bytes", quantize_bytes},
    {"quantize_nibbles", quantize_nibbles},
    {"dequantize_int8", dequantize_int8},
    {"dequantize_nibbles", dequantize_nibbles},
    {"level_moments", level_moments},
    {"best_of_scales", best_of_scales},
    {"crc32", crc32},
};
enum { LOOPS = sizeof loops / sizeof *loops };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// The least seconds of a call, of runs of about 50 microseconds: short enough to lie between the turns
// of other processes.
static double best_seconds(void (*run)(mmdit_level), mmdit_level level) {
  int calls = 1;
  double best = INFINITY;
  for (int turn = 0; turn < 400; turn++) {
    double start = now();
    for (int call = 0; call < calls; call++) run(level);
    double seconds = now() - start;
    if (seconds / calls < best) best = seconds / calls;
    if (turn == 4 && best < 25e-6) calls = (int)(50e-6 / best);
  }
  return best;
}

int main(int count, char **arguments) {
  static const char *const levels[] = {"scalar", "avx2", "avx512"};
  fill();
  if (count == 4) {
    mmdit_level level = (mmdit_level)atoi(arguments[1]);
    for (size_t i = 0; i < LOOPS; i++)
      if (strcmp(loops[i].name, arguments[2]) == 0)
        for (int call = atoi(arguments[3]); call > 0; call--) loops[i].run(level);
    return level > mmdit_best_level();
  }
  for (size_t i = 0; i < LOOPS; i++)
    for (mmdit_level level = 0; level <= mmdit_best_level(); level++)
      printf(
          "{\"name\": \"%s\", \"level\": \"%s\", \"gb_per_s\": %.3f}\n", loops[i].name,
          levels[level], 2e-9 * COUNT / best_seconds(loops[i].run, level));
}
