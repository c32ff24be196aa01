internal import Operations

/// Where the 3 × 3 patches of a convolution lie in its input.
struct PatchGeometry: Sendable {
  /// The size of the output.
  let height: Int
  let width: Int
  private let sourceHeight: Int
  private let sourceWidth: Int
  /// How often a source pixel is repeated along each axis.
  private let repeats: Int
  /// The pixels from one patch to the next.
  private let step: Int
  /// The zeros above and to the left.
  private let before: Int

  /// The patches over an input of that size; halving wants at least 2 pixels of each axis.
  init(height: Int, width: Int, sampling: Convolution.Sampling) {
    (sourceHeight, sourceWidth) = (height, width)
    switch sampling {
    case .same: (repeats, step, before, self.height, self.width) = (1, 1, 1, height, width)
    case .halving:
      precondition(height >= 2 && width >= 2, "half of a pixel is none")
      (repeats, step, before) = (1, 2, 0)
      (self.height, self.width) = (height / 2, width / 2)
    case .doubling:
      (repeats, step, before, self.height, self.width) = (2, 1, 1, 2 * height, 2 * width)
    }
  }

  /// The output rows computed at a time: prepared rows overlap by two, so 8 of a large picture, and
  /// fewer of a small one, which has to occupy all threads too. It does not depend on their number.
  var tileRows: Int { max(2, min(8, height / 8)) }

  /// The pixels of a prepared row: all that patches of a row of the output touch.
  private var preparedWidth: Int { (width - 1) * step + 3 }

  /// The rows of the padded, enlarged input that patches of those output rows touch, each
  /// `[preparedWidth, channels]`; SiLU(norm(x)) where there is a norm, then the zeros around it.
  func preparedRows(
    for range: Range<Int>, of x: FeatureMap, after norm: ChannelAffine?
  ) -> [Float] {
    let channels = x.channels
    let source = x.pixels.values.span
    let rowCount = (range.count - 1) * step + 3
    var prepared = [Float](repeating: 0, count: rowCount * preparedWidth * channels)
    var span = prepared.mutableSpan
    for row in 0..<rowCount {
      let y = range.lowerBound * step - before + row
      guard y >= 0, y < sourceHeight * repeats else { continue }
      for column in 0..<preparedWidth {
        let x = column - before
        guard x >= 0, x < sourceWidth * repeats else { continue }
        let from = (y / repeats * sourceWidth + x / repeats) * channels
        let to = (row * preparedWidth + column) * channels
        guard let norm else {
          copyRun(of: channels, from: source, at: from, to: &span, at: to)
          continue
        }
        for channel in 0..<channels {
          span[to + channel] = silu(
            source[from + channel] * norm.factors[channel] + norm.summands[channel])
        }
      }
    }
    return prepared
  }

  /// Copies the patch `[3, 3, channels]` of a pixel, counted from the first of the prepared rows.
  func copyPatch(
    ofPixel pixel: Int, from prepared: Span<Float>, channels: Int,
    to patches: inout MutableSpan<Float>, at start: Int
  ) {
    let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
    for tap in 0..<3 {
      copyRun(
        of: 3 * channels, from: prepared,
        at: ((row * step + tap) * preparedWidth + column * step) * channels, to: &patches,
        at: start + 3 * tap * channels)
    }
  }
}
