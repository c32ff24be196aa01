// The loops of pictures with what every processor of the architecture has.
#include "picture_loops.h"

const struct mmdit_picture_loops mmdit_scalar_picture_loops = PICTURE_LOOPS;
