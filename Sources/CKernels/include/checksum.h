// CRC-32 as in gzip and PNG: reflected polynomial 0xEDB88320, initial value and final exclusive-or
// 0xFFFFFFFF (ITU-T V.42).
//
// The levels agree bit for bit. The function is pure: it allocates nothing and touches only the
// bytes it is given.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A set of instructions.
enum {
  MMDIT_CHECKSUM_SCALAR = 0,
  MMDIT_CHECKSUM_CLMUL = 1, // PCLMULQDQ and SSE4.1
};

// One of the levels above. A level beyond mmdit_best_checksum_level() is an illegal instruction.
typedef int32_t mmdit_checksum_level;

// The highest level this processor runs; MMDIT_CHECKSUM_SCALAR on other architectures than x86-64.
mmdit_checksum_level mmdit_best_checksum_level(void);

// The checksum of bytes that follow those whose checksum is `checksum`, 0 for none, at any alignment.
uint32_t mmdit_crc32(
    mmdit_checksum_level level, uint32_t checksum, const void *bytes, size_t count);
