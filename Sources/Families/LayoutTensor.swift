public import Tensors

/// A tensor of a network in some layout and the rows of the network's weights that it is made of.
public struct LayoutTensor: Hashable, Sendable {
  public let name: String
  public let shape: Shape
  /// The part of the network that runs it, and all its weights.
  public let block: String
  /// Rows of weights by their names in the suite's own layout, that of diffusers.
  public let runs: [RowRun]
}

extension Configuration {
  /// Every tensor of the network in a layout, in the order of execution.
  ///
  /// Weights that are parts of one tensor there follow each other, in its rows as in the family's
  /// table.
  public func tensors(in layout: Layout) -> [LayoutTensor] {
    let isOriginal = family.usesOriginalTensors(layout)
    var drafts: [Draft] = []
    var positions: [String: Int] = [:]
    for weight in weights {
      let name = family.name(of: weight, in: layout)
      let runs = weight.runs(isOriginal ? weight.originalOrder : .same)
      if let position = positions[name] {
        drafts[position].append(weight.shape, runs)
      } else {
        positions[name] = drafts.count
        drafts.append(
          Draft(
            name: name, shape: isOriginal ? weight.originalShape : weight.shape,
            block: weight.block, runs: runs))
      }
    }
    return drafts.map {
      LayoutTensor(name: $0.name, shape: $0.shape, block: $0.block, runs: $0.runs)
    }
  }

  /// A tensor while its parts are gathered.
  private struct Draft {
    var name: String
    var shape: Shape
    var block: String
    var runs: [RowRun]

    /// Adds the rows of another part.
    mutating func append(_ part: Shape, _ partRuns: [RowRun]) {
      shape = Shape([shape.sliceCount + part.sliceCount] + shape.extents.dropFirst())
      runs += partRuns
    }
  }
}

extension ComponentWeight {
  /// Its rows in an order.
  fileprivate func runs(_ order: RowOrder) -> [RowRun] {
    let count = shape.sliceCount
    let ranges =
      switch order {
      case .same: [0..<count]
      case .swappedHalves: [count / 2..<count, 0..<count / 2]
      }
    return ranges.map { RowRun(source: name, rows: $0) }
  }
}
