// The largest tile of sums that 32 vector registers hold beside the factors: 14 rows by 2 vectors.
#pragma once

#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TILE_CASES                                                                      \
  CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10)      \
  CASE(11) CASE(12) CASE(13) CASE(14)
