internal import Glibc

/// Memory for values that its owner writes before anyone reads them: any values.
///
/// Threads that write them are the first to touch the memory, and the system is asked for pages of two
/// mebibytes where it has them: to clear small ones at their first touch, one by one, takes several
/// percent of a pass.
package func unclearedValues(_ count: Int) -> [Float] {
  // Every bit pattern is a Float.
  unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    initializedCount = count
    guard let base = buffer.baseAddress else { return }
    let pageSize = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let first = (UInt(bitPattern: base) + pageSize - 1) / pageSize * pageSize
    let end = (UInt(bitPattern: base) + UInt(count) * 4) / pageSize * pageSize
    guard first < end, end - first >= 1 << 21 else { return }
    // Whole pages of the buffer; advice changes no content, and none is owed if it is not taken.
    _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_HUGEPAGE)
  }
}

/// The values of a line of the caches: a vector of 16 that begins elsewhere lies in two.
package let cacheLineValues = 16

/// How many values come before the first that begins a line of the caches, less than a line.
package func valuesBeforeLine(_ values: borrowing MutableSpan<Float>) -> Int {
  unsafe values.withUnsafeBufferPointer { values in
    guard let base = values.baseAddress else { return 0 }
    return (-(Int(bitPattern: base) / MemoryLayout<Float>.stride)) & (cacheLineValues - 1)
  }
}
