internal import Operations

/// Rows of a convolution's input as its patches want them, `[pixels, channels]`: SiLU(norm(x)) where
/// there is a norm, and zeros around the picture. Those of the block at hand, in a ring.
struct PreparedRows {
  private let rowSize: Int
  private let slotCount: Int
  let channels: Int
  private let before: Int
  private(set) var values: [Float]
  /// The first row that is not prepared.
  private var next = 0

  /// Room for the rows of a block.
  init(_ geometry: PatchGeometry, channels: Int) {
    rowSize = geometry.preparedWidth * channels
    slotCount = geometry.sourceRows(of: 0..<geometry.blockRows).count
    before = geometry.before
    self.channels = channels
    values = [Float](repeating: 0, count: slotCount * rowSize)
  }

  /// Forgets all rows and goes on with that one.
  mutating func begin(at row: Int) { next = row }

  /// Prepares the rows up to that one, over the oldest.
  mutating func prepare(upTo end: Int, of x: FeatureMap, after norm: ChannelAffine?) {
    while next < end {
      prepare(next, of: x, after: norm)
      next += 1
    }
  }

  /// Where a row's pixels begin, the zeros to the left of the picture included.
  func offset(ofRow row: Int) -> Int { (row + slotCount) % slotCount * rowSize }

  private mutating func prepare(_ row: Int, of x: FeatureMap, after norm: ChannelAffine?) {
    // What lies beside the picture has been 0 from the beginning.
    let first = offset(ofRow: row) + before * channels
    let count = min(x.width * channels, rowSize - before * channels)
    let source = x.pixels.values.span
    var span = values.mutableSpan
    guard (0..<x.height).contains(row) else {
      for index in first..<first + count { span[index] = 0 }
      return
    }
    let start = row * x.pixels.columns * x.width
    guard let norm else { return copyRun(of: count, from: source, at: start, to: &span, at: first) }
    var target = span._mutatingExtracting(first..<first + count)
    normalizeAndActivate(
      source.extracting(start..<start + count), factors: norm.factors, summands: norm.summands,
      into: &target)
  }
}
