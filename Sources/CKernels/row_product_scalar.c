// The loop of products by rows with what every processor of the architecture has.
#define TILE_ROWS 2
#define TILE_VECTORS 1
#define TILE_CASES CASE(1) CASE(2)
#define ROW_PRODUCT mmdit_scalar_row_product
#include "row_product_loops.h"
