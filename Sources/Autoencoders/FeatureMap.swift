package import Operations
package import Parallel

/// Activations of a picture, the channels of a pixel beside each other: `[height, width, channels]`.
///
/// With the channels last, a layer of one pixel is a matrix product over pixels, and a row of a
/// 3 × 3 patch is one run of memory.
package struct FeatureMap: Sendable {
  package let height: Int
  package let width: Int
  /// `[height · width, channels]`, pixels in rows from the top left.
  package var pixels: Matrix

  package var channels: Int { pixels.columns }

  package init(height: Int, width: Int, pixels: Matrix) {
    precondition(pixels.rows == height * width, "a feature map has a row for each pixel")
    self.height = height
    self.width = width
    self.pixels = pixels
  }

  /// From values `[channels, height, width]`.
  package init(height: Int, width: Int, planes: [Float]) {
    let count = height * width
    var pixels = Matrix(rows: count, columns: planes.count / count)
    for channel in 0..<pixels.columns {
      for pixel in 0..<count {
        pixels.values[pixel * pixels.columns + channel] = planes[channel * count + pixel]
      }
    }
    self.init(height: height, width: width, pixels: pixels)
  }

  /// Values `[count, height, width]` of the first channels.
  package func planes(count: Int) -> [Float] {
    var planes = [Float](repeating: 0, count: count * pixels.rows)
    for channel in 0..<count {
      for pixel in 0..<pixels.rows {
        planes[channel * pixels.rows + pixel] = pixels.values[pixel * channels + channel]
      }
    }
    return planes
  }

  /// Copies the first channels to a map of as many pixels that has no others.
  func copyFirstChannels(to target: inout FeatureMap, work: Work) throws {
    let (source, stride, count) = (pixels, channels, target.channels)
    precondition(
      count <= channels && target.pixels.rows == source.rows, "the channels have a place")
    var span = target.pixels.values.mutableSpan
    try DisjointRows.lend(&span, columns: count) { rows in
      try work.forEachTile(of: source.rows, size: 4096) { range in
        rows.withRows(range) { output in
          for row in range {
            copyRun(
              of: count, from: source.values.span, at: row * stride, to: &output,
              at: (row - range.lowerBound) * count)
          }
        }
      }
    }
  }
}

/// How a layer runs: its threads and whom it asks whether to stop.
package struct Work: Sendable {
  package let threads: Int
  package let monitor: WorkMonitor

  package init(threads: Int, monitor: WorkMonitor = .silent) {
    self.threads = threads
    self.monitor = monitor
  }

  /// `forEachChunk` that stops between tiles when the monitor says so.
  func forEachTile(of count: Int, size: Int, _ body: @Sendable (Range<Int>) throws -> Void) throws {
    try forEachChunk(of: count, chunk: size, threads: threads) { range in
      try monitor.checkCancellation()
      try body(range)
    }
  }

  /// The same with scratch memory of the thread that calls.
  func forEachTile<Scratch>(
    of count: Int, size: Int, scratch: @Sendable () -> Scratch,
    _ body: @Sendable (inout Scratch, Range<Int>) throws -> Void
  ) throws {
    try forEachChunk(of: count, chunk: size, threads: threads, scratch: scratch) { memory, range in
      try monitor.checkCancellation()
      try body(&memory, range)
    }
  }
}

/// Copies `count` consecutive elements.
func copyRun(
  of count: Int, from source: Span<Float>, at first: Int, to target: inout MutableSpan<Float>,
  at start: Int
) {
  precondition(
    count >= 0 && first >= 0 && first + count <= source.count && start >= 0
      && start + count <= target.count, "the run lies outside of its elements")
  unsafe source.withUnsafeBufferPointer { source in
    unsafe target.withUnsafeMutableBufferPointer { target in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      // In bounds by the check above; the target is exclusive, so the runs do not overlap.
      unsafe (to + start).update(from: from + first, count: count)
    }
  }
}
