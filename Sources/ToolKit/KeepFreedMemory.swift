internal import CMalloc

/// Lets the allocator keep what is freed for the next one who asks.
///
/// Blocks of rows are a few mebibytes. The C library gives arrays of that size back to the system when
/// they are freed, and the system fills the next one with zeros, page by page, which costs more than most
/// encoders. What is kept is bounded: arrays from `largestKept` on are given back as before, and so is the
/// end of a heap where more than `freeLimit` is free.
package func keepFreedMemory() {
  let largestKept: Int32 = 16 << 20
  let freeLimit: Int32 = 64 << 20
  _ = mallopt(M_MMAP_THRESHOLD, largestKept)
  _ = mallopt(M_TRIM_THRESHOLD, freeLimit)
}
