// The row loop of LLM.int8 around the loops of CKernels, as module Codecs has it in Swift.
#include "codebooks.h"

#include <string.h>

void int8_rows(
    mmdit_level level, const void *bf16, size_t rows, size_t columns, float *values, float *halves,
    uint8_t *codes, float *maxima) {
  for (size_t row = 0; row < rows; row++) {
    mmdit_bf16_to_f32(level, (const uint8_t *)bf16 + 2 * row * columns, values, columns);
    mmdit_round_to_f16(level, values, columns, halves);
    uint32_t bits = mmdit_max_magnitude(level, halves, columns);
    memcpy(maxima + row, &bits, sizeof bits);
    mmdit_quantizer quantizer = {127 / maxima[row], -127, 127, 0};
    mmdit_quantize_bytes(level, halves, columns, quantizer, codes + row * columns);
  }
}
