internal import Bundles
internal import Checkpoints
internal import Conversion
internal import Families
internal import Storage
internal import StrictJSON
internal import Tensors
internal import ToolKit

/// The part of a conversion report about one component, of a checkpoint or of a bundle.
struct ComponentConversionReport: Sendable {
  private let name: String
  private let source: CanonicalWeights
  private let target: LayoutPlan
  private let files: [File]
  /// How each tensor of the target is stored.
  private let types: [String]
  /// Of each tensor; nil in a dry run.
  private let overflowCounts: [Int]?
  /// The tensors of the source that are codes with scales, and what they are worth.
  private let coded: Set<String>
  private let noise: StatedNoise?
  private let companions: [Companion]
  private let dropped: [(weight: WeightDescription, reason: String)]
  /// What had to be guessed for the `config.json`, none or one.
  private let assumptions: [String]

  private struct File: Sendable {
    var name: String
    var tensorCount: Int
    var byteCount: Int
  }

  init(_ part: ComponentConversion, _ outcome: ComponentConversion.Outcome?) {
    let checkpoint = part.checkpoint
    name = part.name
    source = checkpoint.weights
    target = part.plan.layout
    files = part.plan.files.map {
      File(name: $0.name, tensorCount: $0.tensors.count, byteCount: $0.byteCount)
    }
    types = part.plan.types.map(\.rawValue)
    overflowCounts = outcome?.overflowCounts
    coded = Set(
      source.sourceWeights.map(\.name).filter { checkpoint.source.encodingOfCodes($0) != nil })
    noise = part.sourceNoise
    companions = checkpoint.companions
    dropped = checkpoint.dropped
    let isGuessed = part.writesConfiguration && checkpoint.configurationPath == nil
    let assumption = source.identity.assumption(beside: checkpoint.others)
    assumptions = isGuessed ? [assumption].compactMap(\.self) : []
  }

  init(_ job: RelayoutJob, isDryRun: Bool) {
    name = "bundle"
    source = job.weights
    target = job.layout
    files = [
      File(
        name: FileSystem.name(of: job.output), tensorCount: job.plan.tensors.count,
        byteCount: job.plan.weightByteCount)
    ]
    types = job.plan.tensors.map(\.encoding.description)
    // Nothing is decoded, so nothing overflows.
    overflowCounts = isDryRun ? nil : types.map { _ in 0 }
    coded = []
    noise = nil
    companions = []
    dropped = job.weights.dropped
    assumptions = []
  }

  func lines(isNamed: Bool) -> [String] {
    let identity = source.identity
    let variant = source.configuration.variant.map { ", \($0.title)" } ?? ""
    let changes = RowChange.allCases.compactMap { change -> String? in
      let count = target.tensors.count { $0.change == change }
      return count == 0 ? nil : "\(countText(count)) \(change.rawValue)"
    }
    let byteCount = files.reduce(0) { $0 + $1.byteCount }
    return [
      "\(isNamed ? name + ": " : "")\(identity.family.title)\(variant), "
        + "\(identity.layout.rawValue) layout, "
        + countText(source.sourceWeights.count, "tensor"),
      "  \(target.layout.rawValue) layout, \(countText(target.tensors.count, "tensor")), "
        + "\(byteCountText(byteCount)) in \(countText(files.count, "file")): "
        + changes.joined(separator: ", "),
    ] + warnings.map { "  warning: \($0)" }
      + dropped.map { "  dropped \($0.weight.name): \($0.reason)" }
  }

  /// What was guessed, what the source is worth, and what was lost.
  private var warnings: [String] {
    var warnings = assumptions
    if let noise {
      let decoded = target.tensors.indices.count { isDecoded($0) }
      let count = decoded == 0 ? "" : "; \(countText(decoded, "tensor")) decoded"
      warnings.append("\(noise.sentence)\(count)")
    }
    for (tensor, count) in zip(target.tensors, overflowCounts ?? []) where count > 0 {
      warnings.append(
        "\(tensor.name): \(countText(count, "value")) too large for the type became infinite")
    }
    return warnings
  }

  /// Whether a tensor of the target has values where the source has codes.
  private func isDecoded(_ index: Int) -> Bool {
    let tensor = target.tensors[index]
    return tensor.encodings != [types[index]]
      && tensor.runs.contains { coded.contains($0.source) }
  }

  var document: JSONValue {
    let identity = source.identity
    return [
      "name": .init(name), "family": .init(identity.family.id),
      "variant": source.configuration.variant.map { .init($0.title) } ?? .null,
      "source_layout": .init(identity.layout.rawValue), "source_prefix": .init(identity.prefix),
      "layout": .init(target.layout.rawValue),
      "bytes": .init(files.reduce(0) { $0 + $1.byteCount }),
      "files": .array(
        files.map { file in
          [
            "name": .init(file.name), "tensors": .init(file.tensorCount),
            "bytes": .init(file.byteCount),
          ]
        }),
      "assumptions": .init(assumptions), "quantization": noise?.document ?? .null,
      "companions": .array(companions.map(\.fate)), "sources": .array(sources),
      "ledger": .array(target.tensors.indices.map(entry)),
    ]
  }

  /// Every tensor of the source, and the tensors of the target that have its rows.
  private var sources: [JSONValue] {
    var targets: [String: [String]] = [:]
    for tensor in target.tensors {
      for source in Set(tensor.runs.map(\.source)) {
        targets[source, default: []].append(tensor.name)
      }
    }
    let used: [JSONValue] = source.sourceWeights.map { weight in
      [
        "name": .init(weight.name), "targets": .init(targets[weight.name] ?? []),
        "dropped": .null,
      ]
    }
    return used
      + dropped.map { dropped in
        [
          "name": .init(dropped.weight.name), "targets": .array([]),
          "dropped": .init(dropped.reason),
        ]
      }
  }

  private func entry(_ index: Int) -> JSONValue {
    let tensor = target.tensors[index]
    return [
      "name": .init(tensor.name), "change": .init(tensor.change.rawValue),
      "shape": .array(tensor.shape.extents.map { .init($0) }),
      "source_dtypes": .init(tensor.encodings), "dtype": .init(types[index]),
      "cast": .bool(tensor.encodings != [types[index]]), "decoded": .bool(isDecoded(index)),
      "overflows": overflowCounts.map { .init($0[index]) } ?? .null,
      "rows": .array(
        tensor.runs.map { run in
          [
            "source": .init(run.source), "first": .init(run.rows.lowerBound),
            "count": .init(run.rows.count),
          ]
        }),
    ]
  }
}
