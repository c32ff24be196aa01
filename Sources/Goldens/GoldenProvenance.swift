internal import StrictJSON

/// What a set was recorded from, for sets that this suite recorded.
public struct GoldenProvenance: Hashable, Sendable {
  /// The version of the suite.
  public var suiteVersion: String
  /// The model's name: that of its folder or file.
  public var model: String
  /// The model's files that the runs depend on.
  public var sources: [Source]

  /// A file of the model, and which one it was.
  public struct Source: Hashable, Sendable {
    /// Relative to the model's folder.
    public var name: String
    public var byteCount: Int
    /// In 64 hexadecimal digits.
    public var sha256: String

    public init(name: String, byteCount: Int, sha256: String) {
      self.name = name
      self.byteCount = byteCount
      self.sha256 = sha256
    }
  }

  public init(suiteVersion: String, model: String, sources: [Source]) {
    self.suiteVersion = suiteVersion
    self.model = model
    self.sources = sources
  }

  init(document: JSONField) throws {
    try document.rejectUnknownKeys(except: ["suite_version", "model", "sources"])
    self.init(
      suiteVersion: try document["suite_version"].string(),
      model: try document["model"].string(),
      sources: try document["sources"].array().map { source in
        try source.rejectUnknownKeys(except: ["name", "bytes", "sha256"])
        let digest = try source["sha256"].string()
        guard digest.utf8.count == 64, digest.allSatisfy(\.isLowercaseHexadecimal) else {
          throw try source["sha256"].failure(
            expected: "64 hexadecimal digits", found: digest.quotedForMessage)
        }
        return Source(
          name: try source["name"].string(),
          byteCount: try source["bytes"].integer(in: 0...Int.max),
          sha256: digest)
      })
  }

  var document: JSONValue {
    [
      "suite_version": .init(suiteVersion), "model": .init(model),
      "sources": .array(
        sources.map {
          ["name": .init($0.name), "bytes": .init($0.byteCount), "sha256": .init($0.sha256)]
        }),
    ]
  }
}

extension Character {
  fileprivate var isLowercaseHexadecimal: Bool {
    ("0"..."9").contains(self) || ("a"..."f").contains(self)
  }
}
