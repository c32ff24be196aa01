// The loops of one level. comparison.h says what they compute.
#pragma once

#include "comparison.h"

typedef mmdit_comparison (*mmdit_comparison_loop)(const float *, const float *, size_t);

extern const mmdit_comparison_loop mmdit_scalar_comparison;
#if defined(__x86_64__)
extern const mmdit_comparison_loop mmdit_avx2_comparison;
extern const mmdit_comparison_loop mmdit_avx512_comparison;
#endif
