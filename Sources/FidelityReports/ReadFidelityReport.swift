internal import Operations
internal import Storage
public import StrictJSON

// The document is specified in formats/fidelity-report.md.
extension FidelityReport {
  static let format = "mmdit-fidelity"
  static let version = 1

  /// The longest report that is read, in bytes: dozens of candidates of the largest models. While
  /// it is read, its values take about ten times as much memory.
  package static let largestFile = 64 << 20

  /// Reads a report that `mmdit-verify --json` wrote.
  ///
  /// Throws `StorageFailure` for a file that cannot be read or is longer than 64 MiB, and
  /// `JSONFailure` for anything in it that is not as formats/fidelity-report.md says.
  public static func read(_ path: String) throws -> FidelityReport {
    let text = try FileReader.contents(of: path, limit: largestFile)
    return try FidelityReport(document: JSONField.parse(text, document: path))
  }

  /// Reads a report from its document.
  ///
  /// A null number is infinite where it is the signal-to-noise ratio of things that are equal, else
  /// NaN. Lists are bounded, names and ids distinct, and each verdict is the one that the
  /// violations give.
  public init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "format", "version", "verdict", "environment", "golden_set", "candidates", "skipped",
    ])
    let format = try document["format"]
    guard try format.string() == Self.format else {
      throw format.failure(expected: "\"\(Self.format)\"", found: try found(format))
    }
    _ = try document["version"].integer(in: Self.version...Self.version)
    self.init(
      environment: try ReportEnvironment(document: document["environment"]),
      goldenSet: try ReportGoldenSet(document: document["golden_set"]),
      candidates: try document.list("candidates", atLeast: 1, atMost: 1000) {
        field throws(JSONFailure) in
        try CandidateReport(document: field)
      },
      skipped: try document.list("skipped", atMost: 10_000) { field throws(JSONFailure) in
        try field.rejectUnknownKeys(except: ["id", "reason"])
        return SkippedReport(id: try field["id"].string(), reason: try field["reason"].string())
      })
    try document.checkDistinct(candidates.map(\.name), "name", of: "candidates")
    try document.checkVerdict(passes)
  }
}

extension ReportEnvironment {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["suite_version", "system", "processor", "threads"])
    self.init(
      suiteVersion: try document["suite_version"].string(),
      system: try document["system"].string(), processor: try document["processor"].string(),
      threads: try document["threads"].integer(in: 1...1_000_000))
  }
}

extension ReportGoldenSet {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["file", "producer", "sha256"])
    let digest = try document["sha256"]
    let digits = try digest.string()
    guard digits.utf8.count == 64, digits.utf8.allSatisfy(isHexadecimal) else {
      throw digest.failure(expected: "64 hexadecimal digits", found: try found(digest))
    }
    self.init(
      file: try document["file"].string(), producer: try document["producer"].string(),
      sha256: digits)
  }
}

extension CandidateReport {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "name", "path", "recipe", "arithmetic", "verdict", "bits_per_weight", "stored_byte_count",
      "thresholds", "violations", "goldens", "tensors", "blocks",
    ])
    var thresholds: [String: Double] = [:]
    let limits = try document["thresholds"].members()
    guard limits.count <= 100 else {
      throw try document["thresholds"].failure(
        expected: "at most 100 limits", found: "\(limits.count)")
    }
    for (key, field) in limits { thresholds[key] = try field.double() }
    self.init(
      name: try document["name"].string(), path: try document["path"].string(),
      recipe: try document.optional("recipe")?.string(),
      arithmetic: try document["arithmetic"].arithmetic(),
      bitsPerWeight: try document["bits_per_weight"].number(in: 0...1e6),
      storedByteCount: try document["stored_byte_count"].integer(in: 0...Int.max),
      thresholds: thresholds,
      violations: try document.list("violations", atMost: 1_000_000) { field throws(JSONFailure) in
        try ViolationReport(document: field)
      },
      goldens: try document.list("goldens", atMost: 10_000) { field throws(JSONFailure) in
        try GoldenReport(document: field)
      },
      tensors: try document.list("tensors", atMost: 1_000_000) { field throws(JSONFailure) in
        try TensorReport(document: field)
      },
      blocks: try document.list("blocks", atMost: 10_000) { field throws(JSONFailure) in
        try BlockReport(document: field)
      })
    try document.checkDistinct(goldens.map(\.id), "id", of: "goldens")
    try document.checkDistinct(tensors.map(\.name), "name", of: "tensors")
    try document.checkDistinct(blocks.map(\.name), "name", of: "blocks")
    try document.checkVerdict(passes)
  }
}

extension ViolationReport {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["subject", "limit", "allowed", "found", "place"])
    self.init(
      subject: try document["subject"].string(), limit: try document["limit"].string(),
      allowed: try document["allowed"].double(), found: try document.measure("found"),
      place: try document.optional("place")?.string())
  }
}
