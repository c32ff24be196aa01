public import Quantization
public import StrictJSON

// The document is specified in formats/recipe.md, section "Schemes".
extension Scheme {
  private static let widths: [(Int, CodeWidth)] = [(8, .int8), (4, .int4)]
  private static let scaleTypes: [(String, ScaleType)] = [
    ("f32", .float32), ("f16", .float16), ("bf16", .bfloat16),
  ]
  private static let clippings: [(String, Clipping)] = [
    ("absmax", .absoluteMaximum), ("mse", .meanSquaredError),
  ]

  /// Reads a scheme document.
  public init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["bits", "symmetric", "group", "scale", "clip"])
    let bits = try document["bits"].integer()
    guard let width = Self.widths.first(where: { $0.0 == bits })?.1 else {
      throw document["bits"].failure(expected: "8 or 4", found: String(bits))
    }
    self.init(
      width: width, isSymmetric: try document["symmetric"].bool(),
      group: try Self.group(document["group"]),
      scaleType: try Self.value(of: document["scale"], among: Self.scaleTypes),
      clipping: try Self.value(of: document["clip"], among: Self.clippings))
  }

  /// The document that `init(document:)` reads.
  public var document: JSONValue {
    let group: JSONValue =
      switch group {
      case .row: "row"
      case .columns(let count): .init(count)
      }
    return [
      "bits": .init(width.bitCount), "symmetric": .init(isSymmetric), "group": group,
      "scale": Self.name(of: scaleType, among: Self.scaleTypes),
      "clip": Self.name(of: clipping, among: Self.clippings),
    ]
  }

  private static func group(_ field: JSONField) throws(JSONFailure) -> GroupShape {
    if case .string("row") = field.value { return .row }
    guard case .number = field.value else {
      throw field.failure(expected: "\"row\", 16, 32, 64 or 128", found: field.value.compact())
    }
    let count = try field.integer()
    guard [16, 32, 64, 128].contains(count) else {
      throw field.failure(expected: "\"row\", 16, 32, 64 or 128", found: String(count))
    }
    return .columns(count)
  }

  private static func value<Value>(
    of field: JSONField, among names: [(String, Value)]
  ) throws(JSONFailure) -> Value {
    let name = try field.string()
    guard let value = names.first(where: { $0.0 == name })?.1 else {
      throw field.failure(
        expected: names.map { "\"\($0.0)\"" }.joined(separator: " or "), found: "\"\(name)\"")
    }
    return value
  }

  private static func name<Value: Equatable>(
    of value: Value, among names: [(String, Value)]
  ) -> JSONValue {
    guard let name = names.first(where: { $0.1 == value })?.0 else {
      preconditionFailure("a scheme without a name: \(value)")
    }
    return .init(name)
  }
}
