internal import Operations
internal import Parallel

/// A convolution of 3 × 3 pixels: products of patches with the kernel, by minimal filtering where the
/// output is not smaller.
///
/// Peak memory beside the maps, with I inputs, O outputs and an input of width W, in values: 16 · I · O
/// of transformed kernel, and for each thread about 4 · (W + 2) · I of prepared rows and
/// 2048 · (I + O) of patches and products.
package struct Convolution: Sendable {
  /// `[outputs, inputs, 3, 3]`.
  let kernel: [Float]
  let inputs: Int
  /// `[outputs]`.
  let biases: [Float]
  let sampling: Sampling

  /// How the size of the output follows from the size of the input.
  package enum Sampling: Sendable, CaseIterable {
    /// The same size: one pixel of zeros on every side.
    case same
    /// Half of it: one row of zeros below and one column to the right, then every second patch.
    case halving
    /// Twice of it: every pixel becomes four equal ones, then as `same`.
    case doubling
  }

  var outputs: Int { biases.count }

  /// A kernel as files have it, `[outputs, inputs, 3, 3]`.
  package init(kernel: [Float], inputs: Int, biases: [Float], sampling: Sampling = .same) {
    precondition(kernel.count == biases.count * inputs * 9, "each output has a kernel and a bias")
    self.kernel = kernel
    self.inputs = inputs
    self.biases = biases
    self.sampling = sampling
  }

  /// The convolution of x, or of SiLU(norm(x)) when there is a norm.
  package func callAsFunction(
    _ x: FeatureMap, after norm: ChannelAffine? = nil, work: Work
  ) throws -> FeatureMap {
    let geometry = PatchGeometry(height: x.height, width: x.width, sampling: sampling)
    var result = FeatureMap(
      height: geometry.height, width: geometry.width,
      pixels: Matrix(rows: geometry.height * geometry.width, columns: outputs))
    try convolve(x, after: norm, geometry, adding: false, into: &result, work: work)
    return result
  }

  /// Adds the convolution to the first `outputs` channels of `target`, which may have more.
  package func add(
    _ x: FeatureMap, after norm: ChannelAffine? = nil, to target: inout FeatureMap, work: Work
  ) throws {
    let geometry = PatchGeometry(height: x.height, width: x.width, sampling: sampling)
    precondition(
      target.height == geometry.height && target.width == geometry.width
        && target.channels >= outputs, "the target has room for the outputs")
    try convolve(x, after: norm, geometry, adding: true, into: &target, work: work)
  }

  private func convolve(
    _ x: FeatureMap, after norm: ChannelAffine?, _ geometry: PatchGeometry, adding: Bool,
    into target: inout FeatureMap, work: Work
  ) throws {
    precondition(x.channels == inputs, "the layer's inputs are the channels of x")
    let kernel = try KernelPanels(
      kernel, inputs: inputs, outputs: outputs, sampling: sampling, work: work)
    let (biases, stride) = (biases, target.channels)
    var span = target.pixels.values.mutableSpan
    try DisjointRows.lend(&span, columns: geometry.width * stride) { rows in
      try work.forEachTile(
        of: geometry.rows, size: geometry.bandRows,
        scratch: { ConvolutionBand(geometry, kernel, biases: biases) }
      ) { scratch, band in
        rows.withRows(geometry.outputRows(of: band)) { output in
          scratch.convolve(band, of: x, after: norm, adding: adding, into: &output, stride: stride)
        }
      }
    }
  }
}
