// The loops of activations with AVX-512 F, BW, VL and DQ.
#if defined(__x86_64__)
#include "activation_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#include "activation_loops.h"
#pragma clang attribute pop

const struct mmdit_activation_loops mmdit_avx512_activation_loops = ACTIVATION_LOOPS;
#endif
