// The loops of one level. blocks.h, superblocks.h and codebooks.h say what each
// computes.
#pragma once

#include "codebooks.h"
#include "superblocks.h"

struct mmdit_block_loops {
  size_t (*round_blocks)(const float *, size_t, int32_t, uint8_t *);
  void (*decode_bytes)(const uint8_t *, size_t, float *);
  void (*merge_codes)(const uint8_t *, size_t, int32_t, int32_t, int32_t, uint8_t *);
  float (*grid_codes)(const float *, size_t, mmdit_grid, float, float, float, uint8_t *);
  void (*search_blocks)(
      const float *, size_t, const mmdit_super_grid *, mmdit_super_block *, int8_t *, int8_t *,
      uint8_t *);
  void (*encode_codebook)(
      const float *, size_t, const float *, const uint8_t *, uint8_t *, float *);
  void (*round_to_f16)(const float *, size_t, float *);
  mmdit_extremes (*find_extremes)(const float *, size_t);
  void (*affine_codes)(const float *, size_t, float, float, float, uint8_t *);
};

extern const struct mmdit_block_loops mmdit_scalar_block_loops;
#if defined(__x86_64__)
extern const struct mmdit_block_loops mmdit_avx2_block_loops;
extern const struct mmdit_block_loops mmdit_avx512_block_loops;
#endif
