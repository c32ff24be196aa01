public import Quantization
public import StrictJSON

// The document is specified in formats/recipe.md, section "Schemes".
extension Scheme {
  /// Reads a scheme document.
  public init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["bits", "symmetric", "group", "scale", "clip"])
    self.init(
      try Self.choice(document["bits"]) { .init($0.bits) }, group: try Self.group(document),
      symmetry: try document["symmetric"].bool() ? .symmetric : .asymmetric,
      scaleType: try Self.choice(document["scale"]) { .init($0.rawValue) },
      clipping: try Self.choice(document["clip"]) { .init($0.rawValue) })
  }

  /// The document that `init(document:)` reads.
  public var document: JSONValue {
    [
      "bits": .init(codeWidth.bits), "symmetric": .init(symmetry == .symmetric),
      "group": Self.document(of: group), "scale": .init(scaleType.rawValue),
      "clip": .init(clipping.rawValue),
    ]
  }

  private static func group(_ document: JSONField) throws(JSONFailure) -> Group {
    try choice(document["group"], Self.document(of:))
  }

  private static func document(of group: Group) -> JSONValue {
    group.columns.map { .init($0) } ?? "row"
  }

  /// The case whose document the field holds.
  private static func choice<Case: CaseIterable>(
    _ field: JSONField, _ document: (Case) -> JSONValue
  ) throws(JSONFailure) -> Case {
    guard let found = Case.allCases.first(where: { document($0) == field.value }) else {
      throw field.failure(
        expected: Case.allCases.map { document($0).compact() }.joined(separator: " or "),
        found: field.value.compact())
    }
    return found
  }
}
