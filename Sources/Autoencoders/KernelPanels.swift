internal import Operations
internal import Parallel

/// The kernel of a convolution in panels: for each point of a patch a right factor
/// `[inputs, outputs]`.
struct KernelPanels: Sendable {
  let inputs: Int
  let outputs: Int
  let points: Int
  /// For each panel of outputs the points, each `[inputs]` deep.
  private let panels: [Float]

  /// Transforms and packs a kernel `[outputs, inputs, 3, 3]`.
  init(
    _ kernel: [Float], inputs: Int, outputs: Int, sampling: Convolution.Sampling, work: Work
  ) throws {
    let size = sampling.patchSize
    let (points, pointSize) = (size * size, Panels.columns * inputs)
    (self.inputs, self.outputs, self.points) = (inputs, outputs, points)
    var panels = [Float](
      repeating: 0, count: Panels.size(of: outputs, lanes: Panels.columns, depth: points * inputs))
    var span = panels.mutableSpan
    try DisjointRows.lend(&span, columns: points * pointSize) { rows in
      try work.forEachTile(of: outputs, size: Panels.columns) { lanes in
        let kernels = Self.transformed(kernel, of: lanes, inputs: inputs, sampling: sampling)
        let panel = lanes.lowerBound / Panels.columns
        rows.withRows(panel..<panel + 1) { panel in
          for point in 0..<points {
            var part = panel._mutatingExtracting(point * pointSize..<(point + 1) * pointSize)
            Panels.pack(
              kernels.span, MatrixPlace(offset: point * inputs, stride: points * inputs),
              rows: lanes.count, depth: inputs, into: &part, lanes: Panels.columns)
          }
        }
      }
    }
    self.panels = panels
  }

  /// The points of the kernels of some outputs, `[outputs, points, inputs]`.
  private static func transformed(
    _ kernel: [Float], of outputs: Range<Int>, inputs: Int, sampling: Convolution.Sampling
  ) -> [Float] {
    let size = sampling.patchSize
    var result = [Float](repeating: 0, count: outputs.count * size * size * inputs)
    var span = result.mutableSpan
    let source = kernel.span
    for output in outputs {
      for input in 0..<inputs {
        let from = (output * inputs + input) * 9
        func column(_ x: Int) -> SIMD4<Double> {
          sampling.transform(
            Double(source[from + x]), Double(source[from + 3 + x]), Double(source[from + 6 + x]))
        }
        let (left, middle, right) = (column(0), column(1), column(2))
        let to = (output - outputs.lowerBound) * size * size * inputs + input
        for i in 0..<size {
          let row = sampling.transform(left[i], middle[i], right[i])
          for j in 0..<size { span[to + (i * size + j) * inputs] = Float(row[j]) }
        }
      }
    }
    return result
  }

  /// Products `[rows, outputs]` of x `[rows, inputs]` and the kernel's point, written to or added to
  /// what lies there.
  func multiply(
    _ x: Span<Float>, _ place: MatrixPlace, rows: Int, point: Int, adding: Bool = false,
    into products: inout MutableSpan<Float>, _ productPlace: MatrixPlace
  ) {
    let pointSize = Panels.columns * inputs
    for column in stride(from: 0, to: outputs, by: Panels.columns) {
      let first = (column / Panels.columns * points + point) * pointSize
      Panels.multiplyRows(
        x, place, m: rows, panels.span.extracting(first..<first + pointSize), panelDepth: inputs,
        n: min(Panels.columns, outputs - column), k: inputs, adding: adding, into: &products,
        MatrixPlace(offset: productPlace.offset + column, stride: productPlace.stride))
    }
  }
}

extension Convolution.Sampling {
  /// The pixels of a patch along each axis.
  var patchSize: Int { self == .same ? 4 : 3 }

  /// One column of a kernel as the points of a patch want it: G of minimal filtering, or itself.
  fileprivate func transform(_ a: Double, _ b: Double, _ c: Double) -> SIMD4<Double> {
    switch self {
    case .same: SIMD4(a, (a + b + c) / 2, (a - b + c) / 2, c)
    case .doubling: SIMD4(a, a + b + c, c, 0)
    case .halving: SIMD4(a, b, c, 0)
    }
  }
}
