// The loops of activations.h, each on one row.
#include "activations.h"
#include "loops.h"

static void exponentials(mmdit_level level) { mmdit_exponentials(level, output, value_count); }

static void softmax(mmdit_level level) { mmdit_softmax(level, output, value_count); }

static void gate(mmdit_level level) {
  mmdit_gate(level, inputs[0], inputs[1], value_count, output);
}

static void modulated_norm(mmdit_level level) {
  mmdit_modulated_norm(level, inputs[0], value_count, 1e-6, inputs[1], inputs[2], output);
}

static void root_mean_square_norm(mmdit_level level) {
  mmdit_root_mean_square_norm(level, inputs[0], value_count, 1e-6, inputs[1], output);
}

static void rotate_pairs(mmdit_level level) {
  mmdit_rotate_pairs(level, output, inputs[0], inputs[1], value_count / 2);
}

static void add_product(mmdit_level level) {
  mmdit_add_product(level, inputs[0], inputs[1], value_count, output);
}

// Softmax reads a row for its largest, its exponentials and their quotients, norms for mean, variance
// and result; sums are of doubles.
static const struct loop loops[] = {
    {"exponentials", exponentials, 4, 4, EXPONENTIAL, .counted = 256},
    {"softmax", softmax, 12, 8, EXPONENTIAL + 7, .counted = 256},
    {"gate", gate, 8, 4, EXPONENTIAL + 3, .counted = 256, .is_streamed = 1},
    {"modulated_norm", modulated_norm, 20, 4, 17, .counted = 256},
    {"root_mean_square_norm", root_mean_square_norm, 12, 4, 8, .counted = 256},
    {"rotate_pairs", rotate_pairs, 8, 4, 3, .counted = 256},
    {"add_product", add_product, 12, 4, 2, .counted = 256, .is_streamed = 1},
};

const struct loops activation_loops = {loops, sizeof loops / sizeof *loops};
