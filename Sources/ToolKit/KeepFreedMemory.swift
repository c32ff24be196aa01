internal import CMalloc

/// Keeps memory that is freed for what is allocated next, where it would be given back to the system
/// and fetched again, page by page and filled with zeros: blocks of rows are, thousands of times.
///
/// What is kept is bounded by what was in use at once. Single pieces of 16 MiB or more are given back.
/// The C function is `mallopt`.
func keepFreedMemory() {
  // Limits in bytes.
  _ = mallopt(M_MMAP_THRESHOLD, 16 << 20)
  _ = mallopt(M_TRIM_THRESHOLD, 128 << 20)
}
