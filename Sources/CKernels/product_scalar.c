// The loops of products with what every processor of the architecture has.
#define TILE_ROWS 2
#define TILE_VECTORS 1
#define TILE_CASES CASE(1) CASE(2)
#include "product_loops.h"

const struct mmdit_product_loops mmdit_scalar_product_loops = {
    pack_rows, pack_codes, pack_nibbles, pack_columns, multiply};
