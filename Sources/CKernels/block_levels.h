// The loops of one level. blocks.h says what each computes.
#pragma once

#include "blocks.h"

struct mmdit_block_loops {
  void (*truncated_codes)(const float *, size_t, float, float, float, float, uint8_t *);
  void (*half_away_codes)(const float *, size_t, float, uint8_t *);
  void (*grid_codes)(const float *, size_t, mmdit_grid, float, float, uint8_t *);
  mmdit_best (*grid_best)(const float *, const float *, size_t, mmdit_grid, const float *);
  void (*grid_fit)(
      const float *, const float *, size_t, mmdit_grid, int32_t, const float *, float *);
  mmdit_grid_sums (*sum_grid)(
      const float *, const float *, size_t, mmdit_grid, float, float);
};

extern const struct mmdit_block_loops mmdit_scalar_block_loops;
#if defined(__x86_64__)
extern const struct mmdit_block_loops mmdit_avx2_block_loops;
extern const struct mmdit_block_loops mmdit_avx512_block_loops;
#endif
