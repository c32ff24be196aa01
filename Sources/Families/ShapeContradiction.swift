public import Tensors

/// A tensor whose shape is not the one that the rest of its file tells.
public struct ShapeContradiction: Hashable, Sendable {
  /// The tensor's name in its file.
  public let name: String
  public let expected: Shape
  public let found: Shape

  public init(name: String, expected: Shape, found: Shape) {
    self.name = name
    self.expected = expected
    self.found = found
  }
}

extension ShapeContradiction {
  /// The tensors of a source whose shapes contradict the sizes that the others tell.
  ///
  /// Of two tensors that contradict each other either may be wrong. So the sizes are solved again
  /// without each tensor that decides, and the solution with the fewest contradictions is taken.
  static func all(in source: any WeightSource, as identity: Identity) -> [ShapeContradiction] {
    var counted = SizeSolver(
      family: identity.family, stated: StatedConfiguration(),
      names: LayoutNames(identity, in: source))
    counted.solveCountsAndFlags()
    let isBounded = identity.family.sections.allSatisfy {
      ($0.count.value(counted.sizes) ?? 0) <= Configuration.largestCount
    }
    guard isBounded else { return [] }
    var best = contradictions(counted, without: nil)
    guard !best.isEmpty else { return [] }
    let deciding = Set(
      identity.family.sections.flatMap(\.rows).map { counted.names.name(of: $0, index: 0) })
    for name in deciding.sorted() {
      let found = contradictions(counted, without: name)
      if found.count < best.count { best = found }
    }
    return best
  }

  /// What contradicts the sizes that follow without a tensor, in the order of the family's table.
  ///
  /// Sizes that only the tensor tells are still taken from it.
  private static func contradictions(
    _ counted: SizeSolver, without ignored: String?
  ) -> [ShapeContradiction] {
    var solver = counted
    solver.names.ignored = ignored
    // Nothing is stated, so that nothing can contradict a statement.
    try? solver.solveSizes()
    solver.names.ignored = nil
    try? solver.solveSizes()
    let names = counted.names
    return solver.tensors.compactMap { row, index, extents in
      guard let found = names.shape(of: row, index: index) else { return nil }
      var expected: [Int] = []
      for extent in extents {
        guard let value = extent.value(solver.sizes), value >= 0 else { return nil }
        expected.append(value)
      }
      guard let shape = Shape(checking: expected), shape != found else { return nil }
      return ShapeContradiction(
        name: names.name(of: row, index: index), expected: shape, found: found)
    }
  }
}
