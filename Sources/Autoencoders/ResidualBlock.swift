internal import Operations

/// x + conv2(SiLU(norm2(conv1(SiLU(norm1(x)))))), where x passes a pointwise layer first if the
/// number of channels changes.
package struct ResidualBlock: Sendable {
  let norm1: GroupNorm
  let conv1: Convolution
  let norm2: GroupNorm
  let conv2: Convolution
  /// nil when inputs and outputs are as many.
  let shortcut: PointwiseLayer?

  package init(
    norm1: GroupNorm, conv1: Convolution, norm2: GroupNorm, conv2: Convolution,
    shortcut: PointwiseLayer?
  ) {
    self.norm1 = norm1
    self.conv1 = conv1
    self.norm2 = norm2
    self.conv2 = conv2
    self.shortcut = shortcut
  }

  /// Replaces x by the output.
  ///
  /// Alive at once, in values for each pixel: inputs + outputs, and 2 · outputs + inputs when there
  /// are more outputs than inputs.
  package func apply(to x: inout FeatureMap, work: Work) throws {
    var hidden = try conv1(x, after: norm1.affine(of: x, work: work), work: work)
    let norm = try norm2.affine(of: hidden, work: work)
    guard let shortcut else {
      return try conv2.add(hidden, after: norm, to: &x, work: work)
    }
    guard shortcut.outputs <= shortcut.inputs else {
      x = FeatureMap(
        height: x.height, width: x.width, pixels: try shortcut(x.pixels, work: work))
      return try conv2.add(hidden, after: norm, to: &x, work: work)
    }
    try shortcut.replaceFirstColumns(of: &x.pixels, work: work)
    try conv2.add(hidden, after: norm, to: &x, work: work)
    // The hidden map is as large as the output, and no longer needed.
    try x.copyFirstChannels(to: &hidden, work: work)
    x = hidden
  }
}
