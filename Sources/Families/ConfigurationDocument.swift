public import StrictJSON

// The `config.json` of diffusers and transformers.
extension Configuration {
  /// The `config.json` of a folder with this network.
  public var configDocument: JSONValue {
    var document = JSONObject()
    for key in family.keys {
      if case .onlyRead = key.meaning { continue }
      Self.insert(value(of: key.meaning), at: key.key.split(separator: ".")[...], into: &document)
    }
    return .object(document)
  }

  private static func insert(
    _ value: JSONValue, at path: ArraySlice<Substring>, into document: inout JSONObject
  ) {
    guard let first = path.first.map(String.init) else { return }
    guard path.count > 1 else {
      document[first] = value
      return
    }
    var inner = JSONObject()
    if case .object(let members) = document[first] { inner = members }
    insert(value, at: path.dropFirst(), into: &inner)
    document[first] = .object(inner)
  }

  private func value(of meaning: ConfigurationKey.Meaning) -> JSONValue {
    switch meaning {
    case .size(let name): .init(size(name))
    case .sizeUnlessEqual(let name, let other):
      size(name) == size(other) ? .null : .init(size(name))
    case .flag(let name): .bool(size(name) != 0)
    case .ratio(let name, let other): .init(Self.ratio(size(name), size(other)))
    case .sizes(let names): .array(names.map { .init(size($0)) })
    case .sizesUnlessEqual(let names, let others):
      names.map(size) == others.map(size) ? .null : .array(names.map { .init(size($0)) })
    case .choice(let name, let first, let second), .writtenChoice(let name, let first, let second):
      size(name) != 0 ? first : second
    case .indices(let name): .array((0..<size(name)).map { .init($0) })
    case .setting(let name): settings[name] ?? .null
    case .fixed(let value), .onlyRead(let value), .written(let value): value
    }
  }

  /// a / b such that the integer part of b × ratio, which readers take, is a again.
  private static func ratio(_ first: Int, _ second: Int) -> Double {
    let ratio = Double(first) / Double(second)
    return Int(Double(second) * ratio) == first ? ratio : ratio.nextUp
  }
}

/// What a `config.json` says, before shapes are asked.
struct StatedConfiguration {
  var sizes: [String: Int] = [:]
  var settings: [String: JSONValue] = [:]
  /// Quotients, which bind a size once the other is known.
  var ratios: [(name: String, other: String, ratio: Double, field: JSONField)] = []

  /// Nothing is stated.
  init() {}

  /// Reads the members that the family knows; others are for the loader.
  init(_ document: JSONField, of family: Family) throws {
    for key in family.keys {
      guard let field = try Self.field(key.key.split(separator: ".")[...], in: document) else {
        // Absent or null is the second of two choices, if that is null.
        if case .choice(let name, _, .null) = key.meaning { sizes[name] = 0 }
        continue
      }
      switch key.meaning {
      case .size(let name), .sizeUnlessEqual(let name, _):
        sizes[name] = try field.integer(in: 0...Extent.largest)
      case .flag(let name): sizes[name] = try field.bool() ? 1 : 0
      case .ratio(let name, let other):
        ratios.append((name, other, try field.double(), field))
      case .sizes(let names), .sizesUnlessEqual(let names, _):
        let values = try field.array()
        guard values.count == names.count else {
          throw field.failure(expected: "\(names.count) sizes", found: "\(values.count)")
        }
        for (name, value) in zip(names, values) {
          sizes[name] = try value.integer(in: 0...Extent.largest)
        }
      case .choice(let name, let first, let second):
        guard field.value == first || field.value == second else {
          throw field.failure(
            expected: "\(first.compact()) or \(second.compact())",
            found: String(field.value.compact().prefix(80)))
        }
        sizes[name] = field.value == first ? 1 : 0
      case .indices(let name):
        let values = try field.array().map { try $0.integer() }
        guard values.elementsEqual(0..<values.count) else {
          throw field.failure(expected: "the first blocks: 0, 1, …", found: "\(values)")
        }
        sizes[name] = values.count
      case .setting(let name):
        if let setting = family.settings.first(where: { $0.name == name }) {
          try setting.check(field)
        }
        settings[name] = field.value
      case .fixed(let value), .onlyRead(let value):
        guard field.value == value else {
          throw field.failure(
            expected: value.compact(), found: String(field.value.compact().prefix(80)))
        }
      case .written, .writtenChoice: break
      }
    }
  }

  private static func field(
    _ path: ArraySlice<Substring>, in document: JSONField
  ) throws(JSONFailure) -> JSONField? {
    guard let first = path.first, let field = try document.optional(String(first)) else {
      return nil
    }
    return path.count == 1 ? field : try Self.field(path.dropFirst(), in: field)
  }
}
