internal import Storage
public import StrictJSON

/// How much worse than its baseline a candidate may become; what is nil or absent is not compared.
///
/// Specified in formats/gate.md.
public struct GateTolerances: Hashable, Sendable {
  /// For errors the relative growth (0.05: 5 % more), else the difference, in decibels where the
  /// metric is.
  public var metrics: [ReportMetric: Double]
  /// The relative growth of the error of any tensor.
  public var weightRelativeError: Double?
  /// The relative growth of the error of any tensor's worst segment.
  public var segmentRelativeError: Double?
  /// The relative growth of the bits per weight.
  public var bitsPerWeight: Double?
  /// The relative growth of the bytes of the weights.
  public var storedByteCount: Double?

  public init(
    metrics: [ReportMetric: Double] = [
      .velocityError: 0.05, .guidedVelocityError: 0.05, .latentsError: 0.05, .latentsPSNR: 0.5,
      .picturePSNR: 0.5, .pictureSSIM: 0.01, .pictureMultiScaleSSIM: 0.01, .pictureFLIP: 0.01,
    ],
    weightRelativeError: Double? = 0.05, segmentRelativeError: Double? = 0.05,
    bitsPerWeight: Double? = 0.01, storedByteCount: Double? = 0.01
  ) {
    self.metrics = metrics
    self.weightRelativeError = weightRelativeError
    self.segmentRelativeError = segmentRelativeError
    self.bitsPerWeight = bitsPerWeight
    self.storedByteCount = storedByteCount
  }

  /// Reads a file with the tolerances that are not the default ones.
  ///
  /// Throws `StorageFailure` for a file that cannot be read, `JSONFailure` for one that is not as
  /// formats/gate.md says.
  public static func read(_ path: String) throws -> GateTolerances {
    let text = try FileReader.contents(of: path, limit: 1 << 20)
    return try GateTolerances(document: JSONField.parse(text, document: path))
  }

  /// Takes the default for a key that is absent; null says not to compare.
  public init(document: JSONField) throws(JSONFailure) {
    self.init()
    let weights: [(key: String, field: WritableKeyPath<GateTolerances, Double?>)] = [
      ("weight_relative_error", \.weightRelativeError),
      ("segment_relative_error", \.segmentRelativeError), ("bits_per_weight", \.bitsPerWeight),
      ("stored_byte_count", \.storedByteCount),
    ]
    let metricKeys = ReportMetric.allCases.map(\.rawValue)
    try document.rejectUnknownKeys(except: metricKeys + weights.map(\.key))
    for (key, field) in try document.members() {
      let tolerance =
        field.value == .null ? nil : try field.number(in: 0...Double.greatestFiniteMagnitude)
      if let metric = ReportMetric(rawValue: key) {
        metrics[metric] = tolerance
      } else if let place = weights.first(where: { $0.key == key }) {
        self[keyPath: place.field] = tolerance
      }
    }
  }

  /// The object that `init(document:)` reads, with every key.
  public var document: JSONValue {
    func number(_ tolerance: Double?) -> JSONValue { tolerance.map { .init($0) } ?? .null }
    let rows =
      ReportMetric.allCases.map { ($0.rawValue, number(metrics[$0])) } + [
        ("weight_relative_error", number(weightRelativeError)),
        ("segment_relative_error", number(segmentRelativeError)),
        ("bits_per_weight", number(bitsPerWeight)),
        ("stored_byte_count", number(storedByteCount)),
      ]
    return .object(JSONObject(rows))
  }
}
