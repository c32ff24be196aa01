internal import Tensors

/// The tensors of a source under the names of a family's table.
struct LayoutNames {
  private let identity: Identity
  private let source: any WeightSource
  /// A tensor that the source is taken not to have.
  var ignored: String?

  init(_ identity: Identity, in source: any WeightSource) {
    self.identity = identity
    self.source = source
  }

  var layout: Layout { identity.layout }

  /// The name that a row's tensor has in the source, without alternatives.
  func name(of row: WeightRow, index: Int) -> String {
    identity.prefix
      + Family.indexed(
        identity.family.spelled(row.name, row.originalName, in: identity.layout), index)
  }

  /// The shape of a row's tensor.
  func shape(of row: WeightRow, index: Int) -> Shape? {
    let name = name(of: row, index: index)
    guard name != ignored else { return nil }
    return Family.spellings(of: name).lazy
      .compactMap { source.weight(named: $0)?.shape }.first
  }

  /// How many blocks have one of these rows: the highest index plus one.
  func count(of rows: [WeightRow]) -> Int {
    let patterns = rows.flatMap { row in
      Family.spellings(
        of: identity.prefix
          + identity.family.spelled(row.name, row.originalName, in: identity.layout))
    }.compactMap { name -> (before: Substring, after: Substring)? in
      guard let place = name.firstRange(of: "{i}") else { return nil }
      return (name[..<place.lowerBound], name[place.upperBound...])
    }
    return source.weights.compactMap { weight -> Int? in
      for (before, after) in patterns
      where weight.name.hasPrefix(before) && weight.name.hasSuffix(after) {
        let middle = weight.name.dropFirst(before.count).dropLast(after.count)
        // More blocks than weights cannot be; an absurd index must not become a depth.
        if let index = Int(middle), (0..<source.weights.count).contains(index) { return index }
      }
      return nil
    }.max().map { $0 + 1 } ?? 0
  }
}
