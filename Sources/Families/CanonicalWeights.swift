public import Tensors

/// The weights of a component under the names and in the row order of the diffusers layout, in the
/// order of execution, whatever layout the file has.
///
/// Only rows are renamed and reordered, which commutes with every per-row and per-group scale;
/// values are never touched.
public struct CanonicalWeights: WeightSource {
  public let configuration: Configuration
  public let identity: Identity
  public let weights: [WeightDescription]
  /// The line of the family's table for each weight.
  public let table: [ComponentWeight]
  /// The tensors of the source that the weights are made of, in its order.
  public let sourceWeights: [WeightDescription]
  /// Tensors of the source that are no weights, and why they are left out.
  public let dropped: [(weight: WeightDescription, reason: String)]
  private let source: any WeightSource
  private let entries: [String: Entry]

  /// A weight and the slices of one source tensor that it consists of, in its own order.
  private struct Entry: Sendable {
    var description: WeightDescription
    var source: WeightDescription
    var runs: [Range<Int>]

    /// Calls `body` with the rows of the source tensor that some rows of the weight are, and how many
    /// of those stand before them.
    func forEachRun(
      of rows: Range<Int>, _ body: (_ run: Range<Int>, _ place: Int) throws -> Void
    ) rethrows {
      var first = 0
      for run in runs {
        // The part of the run that is wanted, in rows of the weight.
        let wanted = rows.clamped(to: first..<first + run.count)
        let shift = run.lowerBound - first
        if !wanted.isEmpty {
          try body(
            wanted.lowerBound + shift..<wanted.upperBound + shift,
            wanted.lowerBound - rows.lowerBound)
        }
        first += run.count
      }
    }
  }

  public var origin: String { source.origin }

  /// Checks that the source has exactly the weights of the network, each with its shape.
  ///
  /// `others` are the components that share the file; their names are not looked at.
  public init(
    _ source: any WeightSource, identity: Identity, configuration: Configuration,
    beside others: [Identity] = []
  ) throws(FamilyFailure) {
    self.source = source
    self.identity = identity
    self.configuration = configuration
    let family = identity.family
    let table = configuration.weights
    let isOriginal = family.usesOriginalTensors(identity.layout)
    var parts: [String: [ComponentWeight]] = [:]
    if isOriginal { for weight in table { parts[weight.originalName, default: []].append(weight) } }
    var entries: [String: Entry] = [:]
    var weights: [WeightDescription] = []
    var missing: [String] = []
    var claimed: Set<String> = []
    var offsets: [String: Int] = [:]
    for weight in table {
      let name =
        identity.prefix
        + family.spelled(weight.name, weight.originalName, in: identity.layout)
      guard let found = Self.find(name, in: source) else {
        // Parts of a fused weight follow each other; it is one tensor that is missing.
        if missing.last != name { missing.append(name) }
        continue
      }
      claimed.insert(found.name)
      let expected =
        isOriginal ? Self.joined(parts[weight.originalName] ?? [weight]) : weight.shape
      guard found.shape == expected else {
        throw .wrongShape(
          origin: source.origin, name: found.name, expected: expected, found: found.shape)
      }
      let first = isOriginal ? offsets[weight.originalName, default: 0] : 0
      let count = weight.shape.sliceCount
      offsets[weight.originalName] = first + count
      let description = WeightDescription(
        name: weight.name, shape: weight.shape, encoding: found.encoding,
        storedByteCount: found.storedByteCount(ofSlices: first..<first + count),
        isCompressed: found.isCompressed)
      let order = isOriginal ? weight.originalOrder : .same
      entries[weight.name] = Entry(
        description: description, source: found, runs: order.runs(first..<first + count))
      weights.append(description)
    }
    guard missing.isEmpty else { throw .missing(origin: source.origin, names: missing) }
    let names = Set(identity.names(among: source.weights.map(\.name), beside: others))
    var dropped: [(weight: WeightDescription, reason: String)] = []
    var unexpected: [String] = []
    for weight in source.weights where names.contains(weight.name) && !claimed.contains(weight.name)
    {
      if let reason = family.reasonToDrop(weight.name) {
        dropped.append((weight, reason))
      } else {
        unexpected.append(weight.name)
      }
    }
    guard unexpected.isEmpty else { throw .unexpected(origin: source.origin, names: unexpected) }
    self.entries = entries
    self.weights = weights
    self.table = table
    self.dropped = dropped
    sourceWeights = source.weights.filter { claimed.contains($0.name) }
  }

  private static func find(_ name: String, in source: any WeightSource) -> WeightDescription? {
    Family.spellings(of: name).lazy.compactMap { source.weight(named: $0) }.first
  }

  /// The shape of the original tensor that has these parts.
  private static func joined(_ parts: [ComponentWeight]) -> Shape {
    guard parts.count > 1 else { return parts[0].originalShape }
    let rows = parts.reduce(0) { $0 + $1.shape.sliceCount }
    return Shape([rows] + parts[0].shape.extents.dropFirst())
  }

  public func weight(named name: String) -> WeightDescription? { entries[name]?.description }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let entry = entries[name] else { preconditionFailure("\(origin) has no weight \(name)") }
    let shape = entry.description.shape
    guard shape.extents.count >= 2 else {
      // The one row of a vector; its slices are its elements.
      guard !rows.isEmpty else { return }
      var place = 0
      for run in entry.runs {
        for value in try source.values(of: entry.source.name, slices: run) {
          output[place] = value
          place += 1
        }
      }
      return
    }
    try entry.forEachRun(of: rows) { run, place in
      var part = output._mutatingExtracting(
        place * shape.columns..<(place + run.count) * shape.columns)
      try source.decode(entry.source.name, rows: run, into: &part)
    }
  }

  public func coding(of name: String) -> RowCoding? {
    guard let entry = entries[name], entry.description.shape.extents.count >= 2 else { return nil }
    return source.coding(of: entry.source.name)
  }

  public func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    guard let entry = entries[name], let coding = coding(of: name) else {
      preconditionFailure("\(origin) has no coding of \(name)")
    }
    let columns = entry.description.shape.columns
    let (rowStride, scaleStride) = (
      coding.byteCount(columns: columns), coding.scaleCount(columns: columns)
    )
    try entry.forEachRun(of: rows) { run, place in
      var part = codes._mutatingExtracting(place * rowStride..<(place + run.count) * rowStride)
      var partScales = scales._mutatingExtracting(
        place * scaleStride..<(place + run.count) * scaleStride)
      try source.readCodes(
        entry.source.name, rows: run, into: &part, scales: &partScales)
    }
  }

  /// The source tensor that holds a weight and the runs of its slices, in the weight's own order.
  public func sourceSlices(of name: String) -> (source: WeightDescription, runs: [Range<Int>]) {
    guard let entry = entries[name] else { preconditionFailure("\(origin) has no weight \(name)") }
    return (entry.source, entry.runs)
  }
}

extension RowOrder {
  /// The slices of the original tensor that a weight consists of, in its order.
  fileprivate func runs(_ slices: Range<Int>) -> [Range<Int>] {
    let middle = slices.lowerBound + slices.count / 2
    return switch self {
    case .same: [slices]
    case .swappedHalves: [middle..<slices.upperBound, slices.lowerBound..<middle]
    }
  }
}

extension Family {
  /// Why a tensor that is no weight is left out, nil when nothing is known of it.
  public func reasonToDrop(_ name: String) -> String? {
    dropped.first { name.hasSuffix($0.ending) }?.reason
  }
}
