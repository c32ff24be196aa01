// The loops of CKernels and what the processor allows them: JSON lines.
//
//   kernels                what a call of every loop takes at every level of this processor, on values in
//                          the first cache (products: in the second), the best of many short runs; some
//                          loops on arrays in memory too, at the best level; and the peaks of the machine
//   kernels instructions [all]
//                          how many instructions a value takes; of slow loops at the best level only, or
//                          with `all` at every level
//
// work_kernels.py and check-instructions compile it with the files beside it and those of CKernels.
#include "checksum.h"
#include "loops.h"
#include "products.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Up to four arrays of floats fit a first cache of 32 KB.
enum { CACHED_VALUES = 1536, MEMORY_VALUES = MEMORY_BYTES / 4 };

size_t value_count;
float *restrict inputs[3];
float *restrict output;
uint16_t *restrict halves;
uint8_t *restrict bytes;
volatile double sink;

static const struct loops *const tables[] = {
    &number_loops, &activation_loops, &block_loops, &product_loops, &picture_loops};
enum { TABLES = sizeof tables / sizeof *tables };

// An array that does not begin at the same place of a page as the one before it.
static char *array(char **place, size_t size) {
  char *first = *place;
  *place += (size + 63) / 64 * 64 + 320;
  return first;
}

static void make_arrays(size_t count) {
  size_t size = 4 * count * 5 + 2 * count + 8 * 512;
  char *place = aligned_alloc(64, (size + 63) / 64 * 64);
  if (!place) exit(71);
  for (size_t i = 0; i < 3; i++) inputs[i] = (float *)(void *)array(&place, 4 * count);
  output = (float *)(void *)array(&place, 4 * count);
  halves = (uint16_t *)(void *)array(&place, 2 * count);
  bytes = (uint8_t *)array(&place, 4 * count);
  uint64_t state = 1;
  for (size_t i = 0; i < count; i++) {
    if (i >= 4096) {
      for (size_t k = 0; k < 3; k++) inputs[k][i] = inputs[k][i % 4096];
      continue;
    }
    for (size_t k = 0; k < 3; k++) {
      float sum = 0; // of twelve uniform numbers, nearly normal
      for (int part = 0; part < 12; part++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        sum += (float)(state >> 40) * 0x1p-24f;
      }
      inputs[k][i] = 0.02f * (sum - 6);
    }
  }
  memcpy(output, inputs[2], 4 * count);
  memset(bytes, 0x5a, 4 * count);
  mmdit_f32_to_bf16(MMDIT_KERNELS_SCALAR, inputs[0], halves, count);
}

static mmdit_level best_level(const struct loop *loop) {
  return loop->levels == OF_PRODUCTS    ? mmdit_best_product_level()
         : loop->levels == OF_CHECKSUMS ? mmdit_best_checksum_level()
                                        : mmdit_best_level();
}

static const char *level_name(const struct loop *loop, mmdit_level level) {
  static const char *const names[] = {"scalar", "avx2", "avx512", "dot"};
  return loop->levels == OF_CHECKSUMS && level ? "clmul" : names[level];
}

// Seconds of this thread, without those that the processor was others'.
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// The least seconds of a call, of runs of about 100 microseconds: long enough for the clock, and short
// enough that most lie between the turns of other processes, which leave the caches to themselves.
static double best_seconds(void (*run)(mmdit_level), mmdit_level level, double budget) {
  int calls = 1;
  double best = INFINITY, end = now() + budget;
  for (int turn = 0; turn < 5 || now() < end; turn++) {
    double start = now();
    for (int call = 0; call < calls; call++) run(level);
    double seconds = now() - start;
    if (seconds / calls < best) best = seconds / calls;
    if (turn == 4 && best < 50e-6) calls = (int)(100e-6 / best);
  }
  return best;
}

static double best_rates[9];

// Peaks are taken again and again between loops, so that both had the same chances.
static void measure_peaks(int in_memory, double budget) {
  for (size_t i = 0; peaks[i].name; i++)
    if (peaks[i].in_memory == in_memory)
      best_rates[i] = fmax(
          best_rates[i], 1e-9 * peaks[i].amount / best_seconds(peaks[i].run, 0, budget));
}

static void print_time(const struct loop *loop, mmdit_level level, int in_memory, double budget) {
  static const char *const limits[] = {"f32", "bf16", "int8"};
  printf(
      "{\"name\": \"%s\", \"level\": \"%s\", \"in_memory\": %s, \"values_per_s\": %.6g, "
      "\"read\": %g, \"written\": %g, \"operations\": %g, \"limit\": \"%s\"}\n",
      loop->name, level_name(loop, level), in_memory ? "true" : "false",
      (double)value_count / best_seconds(loop->run, level, budget), loop->read, loop->written,
      loop->operations, limits[loop->limit]);
}

static void print_times(void) {
  find_peaks();
  make_arrays(4 * CACHED_VALUES);
  for (size_t t = 0; t < TABLES; t++)
    for (size_t i = 0; i < tables[t]->count; i++) {
      const struct loop *loop = tables[t]->first + i;
      value_count = loop->timed ? loop->timed : CACHED_VALUES;
      measure_peaks(0, 2e-3);
      for (mmdit_level level = 0; level <= best_level(loop); level++)
        print_time(loop, level, 0, 15e-3);
    }
  make_arrays(MEMORY_VALUES);
  set_memory((char *)inputs[0], (char *)inputs[2]);
  value_count = MEMORY_VALUES;
  for (size_t t = 0; t < TABLES; t++)
    for (size_t i = 0; i < tables[t]->count; i++)
      if (tables[t]->first[i].is_streamed) {
        measure_peaks(1, 50e-3);
        print_time(tables[t]->first + i, best_level(tables[t]->first + i), 1, 100e-3);
      }
  for (size_t i = 0; peaks[i].name; i++)
    printf(
        "{\"peak\": \"%s\", \"unit\": \"%s\", \"rate\": %.6g}\n", peaks[i].name, peaks[i].unit,
        best_rates[i]);
}

static int print_instructions(int is_all) {
  if (!counts_right()) {
    fputs("kernels: instructions cannot be counted here\n", stderr);
    return 69;
  }
  make_arrays(4 * CACHED_VALUES);
  for (size_t t = 0; t < TABLES; t++)
    for (size_t i = 0; i < tables[t]->count; i++) {
      const struct loop *loop = tables[t]->first + i;
      value_count = loop->counted;
      mmdit_level least = loop->is_slow && !is_all ? best_level(loop) : MMDIT_KERNELS_SCALAR;
      for (mmdit_level level = least; level <= best_level(loop); level++)
        printf(
            "{\"name\": \"%s\", \"level\": \"%s\", \"instructions\": %.6g}\n", loop->name,
            level_name(loop, level),
            (double)count_instructions(loop->run, level) / (double)value_count);
    }
  return 0;
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "instructions") == 0)
    return print_instructions(count > 2 && strcmp(arguments[2], "all") == 0);
  print_times();
  return 0;
}
