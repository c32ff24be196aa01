import Bundles
import Families
import Parallel
import Quantization
import Recipes
import Storage
import Tensors
import TestSupport

/// Small bundles for tests.
enum BundleBuilder {
  static let provenance = Provenance(
    producer: "test",
    sources: [
      SourceFile(
        name: "a.safetensors", byteCount: 3, sha256: String(repeating: "0", count: 64))
    ],
    license: "apache-2.0", metadata: [])

  /// A recipe that quantizes the linear layers of the blocks.
  static func recipe(_ scheme: Scheme) -> Recipe {
    Recipe(
      name: "test", summary: "",
      rules: [
        Rule(match: "*transformer_blocks.*.weight", treatment: .quantize(scheme), reason: "a"),
        Rule(match: "*.norm_*", treatment: .keep, reason: "b"),
      ], thresholds: Thresholds())
  }

  static func plan(_ weights: CanonicalWeights, _ scheme: Scheme) throws -> BundlePlan {
    try BundlePlan(
      Assignment(recipe(scheme), to: weights), configuration: weights.configuration)
  }

  /// Writes the synthetic network quantized with a scheme.
  @discardableResult
  static func write(
    _ source: SyntheticWeights = SyntheticWeights(), _ scheme: Scheme = .usual, to path: String,
    compress: Bool = false, threads: Int = 2, resumption: Resumption? = nil,
    monitor: WorkMonitor = .silent
  ) throws -> BundleHeader {
    let weights = try source.canonical()
    return try quantize(
      weights, as: plan(weights, scheme), provenance: provenance, to: path, compress: compress,
      threads: threads, resumption: resumption, monitor: monitor)
  }

  /// Writes a bundle whose header's text is changed and its checksum made right again.
  static func rewriteHeader(of path: String, _ change: (String) -> String) throws {
    let bytes = try FileReader.contents(of: path, limit: 1 << 30)
    let offset = (0..<8).reduce(0) { $0 | Int(bytes[16 + $1]) << (8 * $1) }
    let text = Array(change(String(decoding: bytes[offset...], as: UTF8.self)).utf8)
    var result = Array(bytes[..<offset])
    func put(_ value: Int, at place: Int, count: Int) {
      for index in 0..<count {
        result[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    put(Int(CRC32(text.rawBytes).value), at: 12, count: 4)
    put(text.count, at: 24, count: 8)
    try AtomicFile.write((result + text).rawBytes, to: path)
  }
}

extension Scheme {
  static let usual = Scheme(
    .int4, group: .columns16, scaleType: .bfloat16, clipping: .meanSquaredError)
}
