// The comparison with AVX2.
#if defined(__x86_64__)
#include "comparison_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#include "comparison_loops.h"
#pragma clang attribute pop

const mmdit_comparison_loop mmdit_avx2_comparison = compare;
#endif
