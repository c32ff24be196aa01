// Counts the instructions of a call by the processor's own steps: with the trap flag set it stops behind
// every instruction. It needs no counter of the hardware, no permission, and takes every instruction set
// of the processor; a step takes one microsecond, on virtual machines up to twenty.
#define _GNU_SOURCE
#include "loops.h"

#if defined(__x86_64__)
#include <signal.h>
#include <x86intrin.h>

enum { TRAP_FLAG = 0x100 };

static volatile size_t steps;

// The kernel clears the flag in here and sets it again behind.
static void count_step(int signal) {
  (void)signal;
  steps++;
}

static __attribute__((noinline)) size_t steps_of(void (*run)(mmdit_level), mmdit_level level) {
  steps = 0;
  __writeeflags(__readeflags() | TRAP_FLAG);
  run(level);
  __writeeflags(__readeflags() & ~(unsigned long long)TRAP_FLAG);
  return steps;
}

static __attribute__((noinline)) void nothing(mmdit_level level) { (void)level; }

static __attribute__((noinline)) void thousand(mmdit_level level) {
  (void)level;
  __asm__ volatile(".rept 1000\n nop\n .endr");
}

size_t count_instructions(void (*run)(mmdit_level), mmdit_level level) {
  struct sigaction action = {.sa_handler = count_step};
  sigaction(SIGTRAP, &action, NULL);
  // So that no page and no function of a library is looked for while counting.
  run(level);
  return steps_of(run, level) - steps_of(nothing, level);
}

int counts_right(void) { return count_instructions(thousand, 0) == 1000; }
#else
size_t count_instructions(void (*run)(mmdit_level), mmdit_level level) {
  (void)run;
  (void)level;
  return 0;
}

int counts_right(void) { return 0; }
#endif
