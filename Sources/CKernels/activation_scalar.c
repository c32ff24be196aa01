// The loops of activations with what every processor of the architecture has.
#include "activation_loops.h"

const struct mmdit_activation_loops mmdit_scalar_activation_loops = ACTIVATION_LOOPS;
