internal import Storage

/// The bytes of a block of rows, by segment, in memory that a worker uses again for every block.
///
/// It grows to the largest block that the worker makes and no further: memory that is given back and
/// asked for again costs more than most encoders do.
struct BlockBuffer: Sendable {
  /// Room for decoded values on their way to the segments.
  var values: [Float] = []
  // One array for each, so that an encoder writes all of them at once.
  /// Room for the first segment, codes or plain values; the block has the first bytes of it.
  var first: [UInt8] = []
  /// Room for the second segment, scales.
  var second: [UInt8] = []
  /// Room for the third segment, zero points.
  var third: [UInt8] = []
  private var byteCounts: [Int] = []

  /// Begins a block of so many rows; its bytes are those of earlier blocks until they are written.
  mutating func begin(rows: Int, of layout: TensorLayout) {
    byteCounts = layout.segments.map { rows * $0.rowStride }
    Self.grow(&first, to: byteCounts[0])
    if segmentCount > 1 { Self.grow(&second, to: byteCounts[1]) }
    if segmentCount > 2 { Self.grow(&third, to: byteCounts[2]) }
  }

  /// Lends ranges of all segments at once; of segments that the block does not have, empty ones.
  mutating func withSegments<Failure: Error>(
    _ codes: Range<Int>, _ scales: Range<Int>, _ zeroPoints: Range<Int>,
    _ body: (
      inout MutableSpan<UInt8>, inout MutableSpan<UInt8>, inout MutableSpan<UInt8>
    ) throws(Failure) -> Void
  ) throws(Failure) {
    // Spans of properties would overlap in the eyes of the compiler; those of variables do not.
    var (first, second, third): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
    swap(&first, &self.first)
    swap(&second, &self.second)
    swap(&third, &self.third)
    defer {
      swap(&first, &self.first)
      swap(&second, &self.second)
      swap(&third, &self.third)
    }
    var firstSpan = first.mutableSpan
    var secondSpan = second.mutableSpan
    var thirdSpan = third.mutableSpan
    var firstPart = firstSpan._mutatingExtracting(codes)
    var secondPart = secondSpan._mutatingExtracting(scales)
    var thirdPart = thirdSpan._mutatingExtracting(zeroPoints)
    try body(&firstPart, &secondPart, &thirdPart)
  }

  private static func grow(_ bytes: inout [UInt8], to count: Int) {
    if bytes.count < count { bytes = [UInt8](repeating: 0, count: count) }
  }

  /// Takes the segments of a block that stand in arrays of their own.
  mutating func take(_ segments: [[UInt8]]) {
    byteCounts = segments.map(\.count)
    first = segments[0]
    if segmentCount > 1 { second = segments[1] }
    if segmentCount > 2 { third = segments[2] }
  }

  var segmentCount: Int { byteCounts.count }

  /// The bytes of a segment of the block.
  @_lifetime(borrow self)
  func segment(_ index: Int) -> RawSpan {
    let count = byteCounts[index]
    switch index {
    case 0: return first.rawBytes.extracting(first: count)
    case 1: return second.rawBytes.extracting(first: count)
    default: return third.rawBytes.extracting(first: count)
    }
  }
}
