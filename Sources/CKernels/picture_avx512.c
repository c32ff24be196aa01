// The loops of pictures with AVX-512 F, BW, VL and DQ.
#if defined(__x86_64__)
#include "picture_levels.h"

#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#include "picture_loops.h"
#pragma clang attribute pop

const struct mmdit_picture_loops mmdit_avx512_picture_loops = PICTURE_LOOPS;
#endif
