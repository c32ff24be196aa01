public import Tensors

/// The family that an unknown file resembles most, and where it differs.
public struct NearestFamily: Hashable, Sendable {
  public let family: Family
  public let layout: Layout
  public let prefix: String
  /// The tensors whose names the family has.
  public let matchCount: Int
  public let tensorCount: Int
  /// Names of the family's first blocks that the file lacks.
  public let missing: [String]
  /// Names of the file that the family does not have.
  public let extra: [String]
  /// Tensors with names of the family whose shapes contradict those of the others.
  public private(set) var misshapen: [ShapeContradiction] = []

  /// Compares names with every family, numbers standing for each other, and the shapes with those
  /// of the nearest; nil when no family has any of the names.
  ///
  /// The nearest has most names of the file; of equals, it is the one that misses least.
  public static func of(_ source: any WeightSource) -> NearestFamily? {
    var nearest = Self.of(source.weights.map(\.name))
    if let identity = nearest?.identity {
      nearest?.misshapen = ShapeContradiction.all(in: source, as: identity)
    }
    return nearest
  }

  /// What the file would be.
  private var identity: Identity {
    Identity(family: family, layout: layout, prefix: prefix, evidence: [])
  }

  private static func of(_ names: [String]) -> NearestFamily? {
    let patterns = names.map { (name: $0, components: Self.pattern(of: $0)) }
    var best: NearestFamily?
    for family in Family.all {
      for layout in family.distinctLayouts {
        let rows = family.sections.flatMap(\.rows)
        let table = rows.map { family.spelled($0.name, $0.originalName, in: layout) }
        let known = Set(table.flatMap { Family.spellings(of: $0) }.map { Self.pattern(of: $0) })
        for prefix in Self.prefixes(of: patterns.map(\.components), known) {
          let present = Set(
            patterns.map(\.components).filter { $0.starts(with: prefix) }
              .map { $0.dropFirst(prefix.count) }.map(Array.init))
          let extra = patterns.filter {
            !($0.components.starts(with: prefix)
              && known.contains(Array($0.components.dropFirst(prefix.count))))
          }
          let leading = prefix.map { $0 + "." }.joined()
          let missing = zip(rows, table).filter { row, name in
            row.conditions.isEmpty
              && Family.spellings(of: name).allSatisfy { !present.contains(Self.pattern(of: $0)) }
          }.map { leading + Family.indexed($0.1, 0) }
          let candidate = NearestFamily(
            family: family, layout: layout, prefix: leading,
            matchCount: patterns.count - extra.count, tensorCount: patterns.count,
            missing: missing.reduce(into: []) { if $0.last != $1 { $0.append($1) } },
            extra: extra.map(\.name))
          if candidate.isBetter(than: best) { best = candidate }
        }
      }
    }
    return best
  }

  /// Where the file differs, in a sentence or two.
  public var summary: String {
    var text =
      "Nearest is a \(family.title) in the \(layout.rawValue) layout: it has \(matchCount) of the "
      + "file's \(tensorCount) names."
    if !missing.isEmpty { text += " Missing: \(FamilyFailure.list(missing))." }
    if !extra.isEmpty { text += " Extra: \(FamilyFailure.list(extra))." }
    if !misshapen.isEmpty {
      let texts = misshapen.map { "\($0.name) \($0.found) instead of \($0.expected)" }
      text += " Mis-shaped: \(FamilyFailure.list(texts))."
    }
    return text
  }

  private func isBetter(than other: NearestFamily?) -> Bool {
    guard matchCount > 0 else { return false }
    guard let other else { return true }
    return (matchCount, -missing.count) > (other.matchCount, -other.missing.count)
  }

  /// The components of a name, every number as `#`.
  private static func pattern(of name: String) -> [String] {
    name.split(separator: ".", omittingEmptySubsequences: false).map {
      $0 == "{i}" || (!$0.isEmpty && $0.allSatisfy(\.isNumber)) ? "#" : String($0)
    }
  }

  /// The prefixes, at most five components long, under which a known name stands; each with the
  /// most names under it first.
  private static func prefixes(
    of names: [[String]], _ known: Set<[String]>
  ) -> [[String]] {
    var counts: [[String]: Int] = [:]
    for name in names {
      for length in 0...min(5, name.count - 1) where known.contains(Array(name.dropFirst(length))) {
        counts[Array(name.prefix(length)), default: 0] += 1
        break
      }
    }
    return counts.sorted { ($1.value, $0.key.count) < ($0.value, $1.key.count) }.prefix(3)
      .map(\.key)
  }
}
