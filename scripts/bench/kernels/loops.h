// Every loop of CKernels as something that can be run so many times, with what one value costs at best.
//
// A new loop is one line of a table in a file loops_*.c here.
#pragma once

#include "kernels.h"

#include <stddef.h>
#include <stdint.h>

// What limits a loop. Operations are those of floats (of bytes for LIMIT_INT8): additions,
// multiplications, roundings, comparisons; one of a double counts as two.
enum { LIMIT_F32, LIMIT_BF16, LIMIT_INT8 };

// The operations of an exponential: two bounds, the nearest integer, what is left of it in two parts, a
// polynomial of the fifth degree, two powers of two.
enum { EXPONENTIAL = 25 };

// Whose levels a loop has.
enum { OF_KERNELS, OF_PRODUCTS, OF_CHECKSUMS };

struct loop {
  const char *name;
  void (*run)(mmdit_level);   // once over `value_count` values
  double read, written;       // bytes of a value, of all passes that the loop cannot do without
  double operations;          // of a value
  int limit;                  // the arithmetic of the operations
  int levels;
  size_t timed;               // values of a call whose time is taken; 0 for those that fit the first cache
  size_t counted;             // values of a call whose instructions are counted
  int is_streamed;            // worth measuring on arrays in memory too
  int is_slow;                // takes 100 000 instructions and more at lower levels
};

struct loops {
  const struct loop *first;
  size_t count;
};

extern const struct loops number_loops, activation_loops, block_loops, product_loops, picture_loops;

// The values of a call, and arrays of as many; `bytes` has four for each.
extern size_t value_count;
extern float *restrict inputs[3];
extern float *restrict output;
extern uint16_t *restrict halves;
extern uint8_t *restrict bytes;

// Where loops leave what they return, so that none is left out.
extern volatile double sink;

// The instructions of one call, those of an empty one not counted; 0 where they cannot be counted.
size_t count_instructions(void (*run)(mmdit_level), mmdit_level level);
// Whether as many are counted as there are.
int counts_right(void);

struct peak {
  const char *name;
  const char *unit;
  void (*run)(mmdit_level);
  double amount; // of a call, in units of a second * 1e-9
  int in_memory;
};

// What this processor can do at best, ended by one without a name.
extern struct peak peaks[];
void find_peaks(void);

// The arrays behind the peaks that are `in_memory`.
enum { MEMORY_BYTES = 1 << 27 };
void set_memory(char *source, char *target);
