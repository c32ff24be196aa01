// From a level to its loops of activations.
#include "activation_levels.h"

#if defined(__x86_64__)
static const struct mmdit_activation_loops *const loops[] = {
    &mmdit_scalar_activation_loops, &mmdit_avx2_activation_loops, &mmdit_avx512_activation_loops};
#else
static const struct mmdit_activation_loops *const loops[] = {&mmdit_scalar_activation_loops};
#endif

void mmdit_exponentials(mmdit_level level, float *values, size_t count) {
  loops[level]->exponentials(values, count);
}

void mmdit_softmax(mmdit_level level, float *values, size_t count) {
  loops[level]->softmax(values, count);
}

void mmdit_gate(
    mmdit_level level, const float *gate, const float *up, size_t count, float *output) {
  loops[level]->gate(gate, up, count, output);
}

void mmdit_modulated_norm(
    mmdit_level level, const float *x, size_t count, double epsilon, const float *scale,
    const float *shift, float *output) {
  loops[level]->modulated_norm(x, count, epsilon, scale, shift, output);
}

void mmdit_root_mean_square_norm(
    mmdit_level level, const float *x, size_t count, double epsilon, const float *scale,
    float *output) {
  loops[level]->root_mean_square_norm(x, count, epsilon, scale, output);
}

void mmdit_rotate_pairs(
    mmdit_level level, float *x, const float *cosines, const float *sines, size_t pairs) {
  loops[level]->rotate_pairs(x, cosines, sines, pairs);
}

void mmdit_add_product(
    mmdit_level level, const float *a, const float *b, size_t count, float *sum) {
  loops[level]->add_product(a, b, count, sum);
}
