public import Tensors

/// The weights of a FLUX.2 checkpoint under the names and in the row order of the diffusers
/// layout, in the order of execution, whatever layout the file has.
///
/// Only rows are renamed and reordered, which commutes with every per-row and per-group scale;
/// values are never touched.
public struct CanonicalWeights: WeightSource {
  public let configuration: Flux2Configuration
  public let identity: Identity
  public let weights: [WeightDescription]
  private let source: any WeightSource
  private let entries: [String: Entry]

  /// A weight and the rows of one source tensor that it consists of, in its own order.
  private struct Entry: Sendable {
    var description: WeightDescription
    var source: WeightDescription
    var runs: [Range<Int>]
  }

  public var origin: String { source.origin }

  /// Checks that the source has exactly the weights of the network, each with its shape.
  public init(
    _ source: any WeightSource, identity: Identity, configuration: Flux2Configuration
  ) throws(FamilyFailure) {
    guard identity.family.isSupported else {
      throw .unsupported(origin: source.origin, family: identity.family)
    }
    self.source = source
    self.identity = identity
    self.configuration = configuration
    var entries: [String: Entry] = [:]
    var weights: [WeightDescription] = []
    var missing: [String] = []
    var claimed: Set<String> = []
    for weight in Flux2Table.weights(of: configuration) {
      let isOriginal = identity.layout != .diffusers
      let rows = isOriginal ? weight.originalRows : .whole
      let name = identity.prefix + (isOriginal ? weight.originalName : weight.name)
      guard let found = Self.find(name, in: source) else {
        // Parts of a fused weight follow each other; it is one tensor that is missing.
        if missing.last != name { missing.append(name) }
        continue
      }
      claimed.insert(found.name)
      let parts =
        switch rows {
        case .part(_, let count): count
        case .whole, .swappedHalves: 1
        }
      var extents = weight.shape.extents
      extents[0] *= parts
      guard found.shape.extents == extents else {
        throw .wrongShape(
          origin: source.origin, name: found.name, expected: Shape(extents), found: found.shape)
      }
      let description = WeightDescription(
        name: weight.name, shape: weight.shape, encoding: found.encoding,
        storedByteCount: found.storedByteCount / parts)
      entries[weight.name] = Entry(
        description: description, source: found, runs: rows.runs(rowCount: weight.shape.rows))
      weights.append(description)
    }
    guard missing.isEmpty else { throw .missing(origin: source.origin, names: missing) }
    let others = source.weights.map(\.name).filter { !claimed.contains($0) }
    guard others.isEmpty else { throw .unexpected(origin: source.origin, names: others) }
    self.entries = entries
    self.weights = weights
  }

  /// Newer files of the original layout call the scale of a norm `weight`.
  private static func find(_ name: String, in source: any WeightSource) -> WeightDescription? {
    if let weight = source.weight(named: name) { return weight }
    guard name.hasSuffix("_norm.scale") else { return nil }
    return source.weight(named: name.dropLast("scale".count) + "weight")
  }

  public func weight(named name: String) -> WeightDescription? { entries[name]?.description }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let entry = entries[name] else { preconditionFailure("\(origin) has no weight \(name)") }
    let columns = entry.description.shape.columns
    var first = 0
    for run in entry.runs {
      // The part of the run that is wanted, in rows of this weight.
      let wanted = rows.clamped(to: first..<first + run.count)
      if !wanted.isEmpty {
        let place = (wanted.lowerBound - rows.lowerBound) * columns
        var part = output._mutatingExtracting(place..<place + wanted.count * columns)
        let shift = run.lowerBound - first
        try source.decode(
          entry.source.name, rows: wanted.lowerBound + shift..<wanted.upperBound + shift,
          into: &part)
      }
      first += run.count
    }
  }

  /// The source tensor that holds a weight and the runs of its rows, in the weight's own order.
  public func sourceRows(of name: String) -> (source: WeightDescription, runs: [Range<Int>]) {
    guard let entry = entries[name] else { preconditionFailure("\(origin) has no weight \(name)") }
    return (entry.source, entry.runs)
  }

  /// The tensors of the source, in its order.
  public var sourceWeights: [WeightDescription] { source.weights }
}

extension OriginalRows {
  /// The rows of the original tensor that a weight of `rowCount` rows consists of, in its order.
  fileprivate func runs(rowCount: Int) -> [Range<Int>] {
    switch self {
    case .whole: [0..<rowCount]
    case .part(let index, _): [index * rowCount..<(index + 1) * rowCount]
    case .swappedHalves: [rowCount / 2..<rowCount, 0..<rowCount / 2]
    }
  }
}
