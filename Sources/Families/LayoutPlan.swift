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
  /// The part of the network that runs it.
  public let block: String
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
  public init(_ checkpoint: CanonicalWeights, to layout: Layout) throws(FamilyFailure) {
    let rowCounts = Dictionary(
      uniqueKeysWithValues: checkpoint.sourceWeights.map { ($0.name, $0.shape.sliceCount) })
    self.layout = layout
    tensors = checkpoint.configuration.tensors(in: layout).map { tensor in
      var runs: [RowRun] = []
      var encodings: [String] = []
      for part in tensor.runs {
        let found = checkpoint.sourceSlices(of: part.source)
        runs += found.runs.map { RowRun(source: found.source.name, rows: $0) }
          .extracting(part.rows)
        if !encodings.contains(found.source.encoding) { encodings.append(found.source.encoding) }
      }
      let joined = runs.joined
      return TargetTensor(
        name: tensor.name, shape: tensor.shape, block: tensor.block, runs: joined,
        change: Self.change(tensor.name, joined, rowCounts: rowCounts), encodings: encodings)
    }
    try account(for: checkpoint)
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
  private func account(for checkpoint: CanonicalWeights) throws(FamilyFailure) {
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
