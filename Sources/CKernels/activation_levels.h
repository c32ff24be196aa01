// The loops of one level. activations.h says what each computes.
#pragma once

#include "activations.h"

struct mmdit_activation_loops {
  void (*exponentials)(float *, size_t);
  void (*softmax)(float *, size_t);
  void (*gate)(const float *, const float *, size_t, float *);
  void (*modulated_norm)(const float *, size_t, double, const float *, const float *, float *);
  void (*root_mean_square_norm)(const float *, size_t, double, const float *, float *);
  void (*rotate_pairs)(float *, const float *, const float *, size_t);
  void (*add_product)(const float *, const float *, size_t, float *);
};

extern const struct mmdit_activation_loops mmdit_scalar_activation_loops;
#if defined(__x86_64__)
extern const struct mmdit_activation_loops mmdit_avx2_activation_loops;
extern const struct mmdit_activation_loops mmdit_avx512_activation_loops;
#endif
