public import Families
public import Tensors

/// What becomes of rows on the way from one layout to another.
public enum RowChange: String, Hashable, Sendable, CaseIterable {
  /// Same name, same rows.
  case kept
  /// Another name, same rows.
  case renamed
  /// Some of the rows of a larger tensor.
  case split
  /// The rows of several tensors, one after the other.
  case fused
  /// All rows of one tensor, the halves in the other order.
  case swapped
}

/// A tensor of the target and the source rows that it is made of.
public struct TargetTensor: Hashable, Sendable {
  public let name: String
  public let shape: Shape
  public let runs: [RowRun]
  public let change: RowChange
  /// How the source stores the rows, by type; several where parts that are fused differ.
  public let encodings: [String]
}

/// Every tensor of a component in another layout, made of whole rows of the source.
///
/// Every row of every source tensor is used exactly once; that is checked, not assumed. Values are
/// never touched, so there and back gives the same bytes.
public struct LayoutPlan: Sendable {
  /// The layout of the target.
  public let layout: Layout
  /// In the order of execution.
  public let tensors: [TargetTensor]

  /// Plans the target of a checkpoint whose names and shapes have been checked.
  public init(
    _ checkpoint: CanonicalWeights, to layout: Layout
  ) throws(ConversionFailure) {
    var order: [Draft] = []
    var positions: [String: Int] = [:]
    let family = checkpoint.configuration.family
    let isOriginal = family.usesOriginalTensors(layout)
    for weight in checkpoint.table {
      let found = checkpoint.sourceSlices(of: weight.name)
      let runs = found.runs.map { RowRun(source: found.source.name, rows: $0) }
      let name = family.name(of: weight, in: layout)
      let shape = isOriginal ? weight.originalShape : weight.shape
      let position = positions[name] ?? order.count
      if position == order.count {
        positions[name] = position
        order.append(Draft(name: name, shape: shape))
      } else {
        order[position].append(shape)
      }
      if !order[position].encodings.contains(found.source.encoding) {
        order[position].encodings.append(found.source.encoding)
      }
      let rowOrder = isOriginal ? weight.originalOrder : .same
      order[position].runs += rowOrder.ordered(runs, rowCount: weight.shape.sliceCount)
    }
    let sources = Dictionary(
      uniqueKeysWithValues: checkpoint.sourceWeights.map { ($0.name, $0.shape.sliceCount) })
    self.layout = layout
    tensors = order.map { draft in
      let runs = draft.runs.joined
      return TargetTensor(
        name: draft.name, shape: draft.shape, runs: runs,
        change: Self.change(draft.name, runs, rowCounts: sources), encodings: draft.encodings)
    }
    try account(for: checkpoint)
  }

  /// A target tensor while its rows are gathered.
  private struct Draft {
    var name: String
    var shape: Shape
    var encodings: [String] = []
    var runs: [RowRun] = []

    /// Adds the rows of another part.
    mutating func append(_ part: Shape) {
      shape = Shape([shape.sliceCount + part.sliceCount] + shape.extents.dropFirst())
    }
  }

  private static func change(
    _ name: String, _ runs: [RowRun], rowCounts: [String: Int]
  ) -> RowChange {
    guard let first = runs.first, runs.allSatisfy({ $0.source == first.source }) else {
      return .fused
    }
    guard runs.rowCount == rowCounts[first.source] else { return .split }
    guard runs.count == 1 else { return .swapped }
    return first.source == name ? .kept : .renamed
  }

  /// Checks that the target has every source row exactly once.
  private func account(for checkpoint: CanonicalWeights) throws(ConversionFailure) {
    var used: [String: [Range<Int>]] = [:]
    for run in tensors.flatMap(\.runs) { used[run.source, default: []].append(run.rows) }
    for source in checkpoint.sourceWeights {
      var end = 0
      for rows in (used[source.name] ?? []).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        guard rows.lowerBound == end else { break }
        end = rows.upperBound
      }
      guard end == source.shape.sliceCount else {
        throw .unaccounted(origin: checkpoint.origin, tensor: source.name, row: end)
      }
    }
  }
}

extension RowOrder {
  /// The rows of a weight in the order of the original tensor.
  fileprivate func ordered(_ runs: [RowRun], rowCount: Int) -> [RowRun] {
    guard case .swappedHalves = self else { return runs }
    return runs.extracting(rowCount / 2..<rowCount) + runs.extracting(0..<rowCount / 2)
  }
}
