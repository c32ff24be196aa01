// The comparison with the instructions that every processor has; and from a level to its loop.
#include "comparison_levels.h"

#include "comparison_loops.h"

const mmdit_comparison_loop mmdit_scalar_comparison = compare;

mmdit_comparison mmdit_compare(
    mmdit_level level, const float *reference, const float *candidate, size_t count) {
#if defined(__x86_64__)
  if (level == MMDIT_KERNELS_AVX512) return mmdit_avx512_comparison(reference, candidate, count);
  if (level == MMDIT_KERNELS_AVX2) return mmdit_avx2_comparison(reference, candidate, count);
#endif
  return mmdit_scalar_comparison(reference, candidate, count);
}
