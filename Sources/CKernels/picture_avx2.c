// The loops of pictures with AVX2.
#if defined(__x86_64__)
#include "picture_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#include "picture_loops.h"
#pragma clang attribute pop

const struct mmdit_picture_loops mmdit_avx2_picture_loops = PICTURE_LOOPS;
#endif
