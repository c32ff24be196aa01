// The comparison with AVX-512 F, BW, VL and DQ.
#if defined(__x86_64__)
#include "comparison_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#include "comparison_loops.h"
#pragma clang attribute pop

const mmdit_comparison_loop mmdit_avx512_comparison = compare;
#endif
