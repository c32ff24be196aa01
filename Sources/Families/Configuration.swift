public import StrictJSON

/// The numbers of a network: the sizes that its table needs, and settings that no shape tells.
public struct Configuration: Hashable, Sendable {
  public let family: Family
  /// name → value; flags are 0 or 1.
  public let sizes: [String: Int]
  /// name → number or list.
  public let settings: [String: JSONValue]

  init(family: Family, sizes: [String: Int], settings: [String: JSONValue]) {
    self.family = family
    self.sizes = sizes
    self.settings = settings
  }

  /// A size that the family's table names; another name traps.
  public func size(_ name: String) -> Int {
    guard let size = sizes[name] else {
      preconditionFailure("\(family.id) has no size \(name)")
    }
    return size
  }

  /// Every weight of the network, in the order of execution.
  public var weights: [ComponentWeight] { family.weights(sizes: sizes) }

  /// The parts of the network, in the order of execution.
  public var blocks: [String] { family.blocks(sizes: sizes) }

  /// The published model with these sizes, nil for any other.
  ///
  /// Base and distilled models have the same tensors; only the pipeline's `is_distilled` tells
  /// them apart.
  public var variant: Variant? {
    family.variants.first { $0.sizes.allSatisfy { sizes[$0.key] == $0.value } }
  }

  /// Two settings are equal when their documents are.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(family)
    hasher.combine(sizes)
  }
}

extension Variant {
  /// The configuration of the published model.
  public func configuration(of family: Family) -> Configuration {
    Configuration(
      family: family, sizes: sizes,
      settings: Dictionary(
        uniqueKeysWithValues: family.settings.map { ($0.name, $0.published(sizes)) }))
  }
}

// The document of a bundle: every size and setting under its name.
extension Configuration {
  /// The document that `init(family:document:)` reads.
  public var document: JSONValue {
    let flags = family.flags
    return .object(
      JSONObject(
        family.sizes.map {
          ($0, flags.contains($0) ? .bool(size($0) != 0) : .init(size($0)))
        } + family.settings.map { ($0.name, settings[$0.name] ?? .null) }))
  }

  /// Reads the configuration that a bundle carries, in which every key is present.
  public init(family: Family, document: JSONField) throws {
    try document.rejectUnknownKeys(except: family.sizes + family.settings.map(\.name))
    let flags = family.flags
    var sizes: [String: Int] = [:]
    for name in family.sizes {
      let field = try document[name]
      sizes[name] =
        flags.contains(name)
        ? try field.bool() ? 1 : 0 : try field.integer(in: 0...Extent.largest)
    }
    var settings: [String: JSONValue] = [:]
    for setting in family.settings {
      let field = try document[setting.name]
      try setting.check(field)
      settings[setting.name] = field.value
    }
    self.init(family: family, sizes: sizes, settings: settings)
    try check(origin: document.document)
  }
}

extension Configuration {
  /// The most blocks of one kind that a network is believed to have.
  static let largestCount = 4096

  /// Checks what every table relies on; the numbers come from a file.
  func check(origin: String) throws {
    for section in family.sections {
      let count = section.count.value(sizes) ?? -1
      guard (0...Self.largestCount).contains(count) else {
        throw FamilyFailure.badConfiguration(
          origin: origin,
          reason: "expected 0 to \(Self.largestCount) repetitions of \(section.block), found "
            + "\(count)")
      }
    }
    for (row, _, index) in family.rows(sizes: sizes) {
      for extent in row.shape {
        let value = extent.value(sizes) ?? -1
        guard (1...Extent.largest).contains(value) else {
          throw FamilyFailure.badConfiguration(
            origin: origin,
            reason: "expected an axis of 1 to \(Extent.largest) values for "
              + "\(Family.indexed(row.name, index)), found \(value)")
        }
      }
    }
    for (product, (first, second)) in family.products {
      let (value, overflow) = size(first).multipliedReportingOverflow(by: size(second))
      guard !overflow, value == size(product) else {
        throw FamilyFailure.badConfiguration(
          origin: origin,
          reason: "expected \(product) = \(first) × \(second), found \(size(product)) = "
            + "\(size(first)) × \(size(second))")
      }
    }
    try family.validate(self, origin)
  }
}

extension Family {
  /// The sizes that are flags.
  var flags: Set<String> {
    var flags: Set<String> = []
    for row in sections.flatMap(\.rows) {
      for case .flag(let name) in row.conditions { flags.insert(name) }
    }
    return flags
  }
}
