// The row loop of int8 with a scale for each row around the loops of CKernels, as modules Quantization and
// Codecs have it in Swift. `maxima` takes 127 scales of each row.
#include "codebooks.h"

#include <string.h>

// Of LLM.int8 where there are `halves`: its numbers are rounded to f16 first.
void int8_rows(
    mmdit_level level, const void *bf16, size_t rows, size_t columns, float *values, float *halves,
    uint8_t *codes, float *maxima) {
  for (size_t row = 0; row < rows; row++) {
    mmdit_bf16_to_f32(level, (const uint8_t *)bf16 + 2 * row * columns, values, columns);
    if (halves) mmdit_round_to_f16(level, values, columns, halves);
    const float *numbers = halves ? halves : values;
    uint32_t bits = mmdit_max_magnitude(level, numbers, columns);
    memcpy(maxima + row, &bits, sizeof bits);
    mmdit_quantizer quantizer = {127 / maxima[row], -127, 127, 0};
    mmdit_quantize_bytes(level, numbers, columns, quantizer, codes + row * columns);
  }
}
