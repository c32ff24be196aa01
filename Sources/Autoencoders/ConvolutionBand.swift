internal import Operations

/// What a thread needs to convolve a band of a picture: the input's rows at hand, and patches and
/// products of a block.
struct ConvolutionBand {
  private let geometry: PatchGeometry
  private let kernel: KernelPanels
  private let biases: [Float]
  private var prepared: PreparedRows
  /// Transformed patches, and their products: a plane for each point, `[patches, channels]`.
  private var patches: [Float] = []
  private var products: [Float] = []
  private let patchPlane: Int
  private let productPlane: Int

  init(_ geometry: PatchGeometry, _ kernel: KernelPanels, biases: [Float]) {
    self.geometry = geometry
    self.kernel = kernel
    self.biases = biases
    prepared = PreparedRows(geometry, channels: kernel.inputs)
    // A line of a cache more than the patches take: planes a power of two apart share few places in it.
    let count = geometry.blockRows * geometry.blockColumns
    patchPlane = count * kernel.inputs + 16
    productPlane = count * kernel.outputs + 16
    guard geometry.outputs == 2 else { return }
    patches = [Float](repeating: 0, count: kernel.points * patchPlane)
    products = [Float](repeating: 0, count: kernel.points * productPlane)
  }

  /// Writes the convolution of x, or of SiLU(norm(x)), to the first channels of the output's rows
  /// that a band of rows of patches gives, or adds it to them.
  mutating func convolve(
    _ band: Range<Int>, of x: FeatureMap, after norm: ChannelAffine?, adding: Bool,
    into output: inout MutableSpan<Float>, stride: Int
  ) {
    prepared.begin(at: geometry.sourceRows(of: band).lowerBound)
    let firstRow = geometry.outputRows(of: band).lowerBound
    for first in Swift.stride(from: band.lowerBound, to: band.upperBound, by: geometry.blockRows) {
      let rows = first..<min(first + geometry.blockRows, band.upperBound)
      prepared.prepare(upTo: geometry.sourceRows(of: rows).upperBound, of: x, after: norm)
      for column in Swift.stride(from: 0, to: geometry.across, by: geometry.blockColumns) {
        let columns = column..<min(column + geometry.blockColumns, geometry.across)
        if geometry.outputs == 2 {
          filter(rows, columns, adding: adding, into: &output, firstRow: firstRow, stride: stride)
        } else {
          multiply(rows, columns, adding: adding, into: &output, firstRow: firstRow, stride: stride)
        }
      }
    }
  }

  /// A block by minimal filtering: 2 × 2 outputs of each patch.
  private mutating func filter(
    _ rows: Range<Int>, _ columns: Range<Int>, adding: Bool, into output: inout MutableSpan<Float>,
    firstRow: Int, stride: Int
  ) {
    let (outputs, size) = (kernel.outputs, geometry.size)
    Self.transform(rows, columns, of: prepared, geometry, into: &patches, plane: patchPlane)
    Self.multiply(
      patches, plane: patchPlane, count: rows.count * columns.count, by: kernel, into: &products,
      plane: productPlane)
    for row in rows {
      let pixel = 2 * columns.lowerBound
      MinimalFiltering.transformProducts(
        products.span, size: size, first: (row - rows.lowerBound) * columns.count * outputs,
        plane: productPlane, patches: columns.count, biases: biases, adding: adding, into: &output,
        rows: geometry.outputRows(of: row..<row + 1).map {
          (($0 - firstRow) * geometry.width + pixel) * stride
        },
        width: min(2 * columns.count, geometry.width - pixel), stride: stride)
    }
  }

  private static func transform(
    _ rows: Range<Int>, _ columns: Range<Int>, of prepared: PreparedRows,
    _ geometry: PatchGeometry, into patches: inout [Float], plane: Int
  ) {
    let channels = prepared.channels
    let offset = columns.lowerBound * geometry.step * channels
    var span = patches.mutableSpan
    for row in rows {
      MinimalFiltering.transformPatches(
        prepared.values.span,
        rows: geometry.sourceRows(of: row..<row + 1).map { prepared.offset(ofRow: $0) + offset },
        patches: columns.count, channels: channels, into: &span,
        first: (row - rows.lowerBound) * columns.count * channels, plane: plane)
    }
  }

  /// Products of `count` transformed patches and the kernel, point by point.
  private static func multiply(
    _ patches: [Float], plane: Int, count: Int, by kernel: KernelPanels,
    into products: inout [Float], plane productPlane: Int
  ) {
    var span = products.mutableSpan
    for point in 0..<kernel.points {
      kernel.multiply(
        patches.span, MatrixPlace(offset: point * plane, stride: kernel.inputs), rows: count,
        point: point, into: &span,
        MatrixPlace(offset: point * productPlane, stride: kernel.outputs))
    }
  }

  /// A block by the definition, one output of each patch: a product for each pixel of the kernel.
  private func multiply(
    _ rows: Range<Int>, _ columns: Range<Int>, adding: Bool, into output: inout MutableSpan<Float>,
    firstRow: Int, stride: Int
  ) {
    let (inputs, step) = (kernel.inputs, geometry.step)
    for row in rows {
      let place = MatrixPlace(
        offset: ((row - firstRow) * geometry.width + columns.lowerBound) * stride, stride: stride)
      addBiases(to: &output, place, rows: columns.count, adding: adding)
      for (y, sourceRow) in geometry.sourceRows(of: row..<row + 1).enumerated() {
        for x in 0..<3 {
          let offset =
            prepared.offset(ofRow: sourceRow) + (columns.lowerBound * step + x) * inputs
          kernel.multiply(
            prepared.values.span, MatrixPlace(offset: offset, stride: step * inputs),
            rows: columns.count, point: 3 * y + x, adding: true, into: &output, place)
        }
      }
    }
  }

  private func addBiases(
    to output: inout MutableSpan<Float>, _ place: MatrixPlace, rows: Int, adding: Bool
  ) {
    for row in 0..<rows {
      let first = place.offset + row * place.stride
      for (channel, bias) in biases.enumerated() {
        output[first + channel] = adding ? output[first + channel] + bias : bias
      }
    }
  }
}
