internal import Quantization
public import StrictJSON

// The document is specified in formats/recipe.md.
extension Recipe {
  private static let format = "mmdit-recipe"
  private static let version = 1

  /// Reads a recipe document; unknown keys are errors, so that a misspelt one is not ignored.
  public init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(
      except: ["$schema", "format", "version", "name", "summary", "rules", "thresholds"])
    let format = try document["format"]
    guard try format.string() == Self.format else {
      throw try format.failure(
        expected: "\"\(Self.format)\"", found: format.string().quotedForMessage)
    }
    _ = try document["version"].integer(in: Self.version...Self.version)
    var rules: [Rule] = []
    for field in try document["rules"].array() { rules.append(try Rule(document: field)) }
    var thresholds = Thresholds()
    if let field = try document.optional("thresholds") { thresholds = try .init(document: field) }
    self.init(
      name: try document["name"].string(),
      summary: try document.optional("summary")?.string() ?? "",
      rules: rules, thresholds: thresholds)
  }

  /// The document that `init(document:)` reads.
  public var document: JSONValue {
    [
      "format": .init(Self.format), "version": .init(Self.version), "name": .init(name),
      "summary": .init(summary), "rules": .array(rules.map(\.document)),
      "thresholds": thresholds.document,
    ]
  }
}

extension Rule {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["match", "keep", "scheme", "reason"])
    let treatment: Treatment
    if let scheme = try document.optional("scheme") {
      if let keep = try document.optional("keep") {
        throw keep.failure(expected: "either a scheme or keep", found: "both")
      }
      treatment = .quantize(try Scheme(document: scheme))
    } else {
      guard try document["keep"].bool() else {
        throw try document["keep"].failure(expected: "true, or a scheme", found: "false")
      }
      treatment = .keep
    }
    self.init(
      match: NamePattern(try document["match"].string()), treatment: treatment,
      reason: try document.optional("reason")?.string() ?? "")
  }

  fileprivate var document: JSONValue {
    let (key, value): (String, JSONValue) =
      switch treatment {
      case .keep: ("keep", true)
      case .quantize(let scheme): ("scheme", scheme.document)
      }
    return .object(
      JSONObject([("match", .init(match.description)), (key, value), ("reason", .init(reason))]))
  }
}
