// The loops of activations with AVX2.
#if defined(__x86_64__)
#include "activation_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#include "activation_loops.h"
#pragma clang attribute pop

const struct mmdit_activation_loops mmdit_avx2_activation_loops = ACTIVATION_LOOPS;
#endif
