internal import Operations
internal import Parallel

/// A convolution of 3 × 3 pixels: a matrix product of patches with the kernel.
///
/// Peak memory beside the maps, with I inputs, O outputs and an input of width W: for each thread
/// 10 · (W + 2) · I values of prepared rows and about 2²⁰ + 512 · O of patches and products.
package struct Convolution: Sendable {
  /// `[outputs, 9 · inputs]`: for each row and column of the kernel the inputs.
  let weights: Matrix
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

  var inputs: Int { weights.columns / 9 }
  var outputs: Int { weights.rows }

  /// A kernel as files have it, `[outputs, inputs, 3, 3]`.
  package init(kernel: [Float], inputs: Int, biases: [Float], sampling: Sampling = .same) {
    let outputs = biases.count
    var weights = Matrix(rows: outputs, columns: 9 * inputs, values: kernel)
    var span = weights.values.mutableSpan
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<9 {
          span[(output * 9 + tap) * inputs + input] = kernel[(output * inputs + input) * 9 + tap]
        }
      }
    }
    self.weights = weights
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
    try add(x, after: norm, to: &result, work: work)
    return result
  }

  /// Adds the convolution to the first `outputs` channels of `target`, which may have more.
  package func add(
    _ x: FeatureMap, after norm: ChannelAffine? = nil, to target: inout FeatureMap, work: Work
  ) throws {
    let geometry = PatchGeometry(height: x.height, width: x.width, sampling: sampling)
    precondition(x.channels == inputs, "the layer's inputs are the channels of x")
    precondition(
      target.height == geometry.height && target.width == geometry.width
        && target.channels >= outputs, "the target has room for the outputs")
    let stride = target.channels
    var span = target.pixels.values.mutableSpan
    try DisjointRows.lend(&span, columns: geometry.width * stride) { rows in
      try work.forEachTile(of: geometry.height, size: geometry.tileRows) { range in
        let prepared = geometry.preparedRows(for: range, of: x, after: norm)
        rows.withRows(range) { output in
          addProducts(of: prepared, geometry, to: &output, stride: stride)
        }
      }
    }
  }

  /// The products of all patches of the prepared rows, added to the pixels of a tile.
  private func addProducts(
    of prepared: [Float], _ geometry: PatchGeometry, to tile: inout MutableSpan<Float>, stride: Int
  ) {
    let (columns, outputs) = (weights.columns, outputs)
    let pixelCount = tile.count / stride
    // Patches of a few megabytes stay in the cache, and enough of them share a pass over the kernel.
    let blockPixels = min(pixelCount, max(64, min(512, (1 << 20) / columns)))
    var patches = [Float](repeating: 0, count: blockPixels * columns)
    var products = [Float](repeating: 0, count: blockPixels * outputs)
    var patchSpan = patches.mutableSpan
    var productSpan = products.mutableSpan
    for first in Swift.stride(from: 0, to: pixelCount, by: blockPixels) {
      let count = min(blockPixels, pixelCount - first)
      for pixel in 0..<count {
        geometry.copyPatch(
          ofPixel: first + pixel, from: prepared.span, channels: inputs, to: &patchSpan,
          at: pixel * columns)
      }
      multiply(
        patchSpan.span, MatrixPlace(stride: columns), transposed: weights.values.span,
        MatrixPlace(stride: columns), into: &productSpan, MatrixPlace(stride: outputs),
        m: count, n: outputs, k: columns)
      for pixel in 0..<count {
        let target = (first + pixel) * stride
        for output in 0..<outputs {
          tile[target + output] += productSpan[pixel * outputs + output] + biases[output]
        }
      }
    }
  }
}
