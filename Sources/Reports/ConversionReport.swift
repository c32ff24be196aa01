internal import Checkpoints
public import Conversion
internal import Families
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What a conversion makes of each tensor of each component, and that nothing is left over.
public struct ConversionReport: Sendable {
  private let job: ConversionJob
  private let outcome: ConversionJob.Outcome?
  private let threads: Int

  /// A report of a plan, or of a finished conversion.
  public init(_ job: ConversionJob, _ outcome: ConversionJob.Outcome?, threads: Int) {
    self.job = job
    self.outcome = outcome
    self.threads = threads
  }

  private var parts: [ComponentReport] {
    job.parts.indices.map {
      ComponentReport(part: job.parts[$0], overflowCounts: outcome?.parts[$0].overflowCounts)
    }
  }

  /// What people read: counts, files, and what was lost.
  public var text: String {
    var lines = ["\(job.model.path) to \(job.output), \(byteCountText(job.byteCount))"]
    for part in parts { lines += part.lines(isNamed: job.hasSubfolders) }
    for component in job.leftOut {
      lines.append(
        "left out: \(component.name), a \(component.checkpoint.configuration.family.title); "
          + Self.leftOutReason)
    }
    if !job.carried.isEmpty {
      lines.append("\(countText(job.carried.count, "file")) of the pipeline copied as they are")
    }
    lines.append("every source row is in the target once")
    lines.append(
      "memory needed at most \(byteCountText(job.peakMemoryByteCount(threads: threads))) with "
        + countText(threads, "thread"))
    return lines.joined(separator: "\n")
  }

  private static let leftOutReason = "one file takes one component, a folder takes all"

  /// The report for machines; formats/conversion-report.md.
  public var document: JSONValue {
    [
      "format": "mmdit-conversion", "version": 1, "dry_run": .bool(outcome == nil),
      "source": .init(job.model.path), "target": .init(job.output),
      "bytes": .init(job.byteCount), "threads": .init(threads),
      "peak_memory_bytes_bound": .init(job.peakMemoryByteCount(threads: threads)),
      "taken_over_bytes": outcome.map { .init($0.takenOverByteCount) } ?? .null,
      "components": .array(parts.map(\.document)),
      "left_out": .array(
        job.leftOut.map { component in
          [
            "name": .init(component.name),
            "family": .init(component.checkpoint.configuration.family.id),
            "tensors": .init(component.checkpoint.weights.sourceWeights.count),
            "reason": .init(Self.leftOutReason),
          ]
        }),
      "copied": .array(
        job.carried.map { ["name": .init($0.name), "bytes": .init($0.byteCount)] }),
    ]
  }
}

/// The part of a report about one component.
private struct ComponentReport {
  let part: ComponentConversion
  /// Of each tensor; nil before the conversion.
  let overflowCounts: [Int]?

  private var plan: ConversionPlan { part.plan }
  private var weights: CanonicalWeights { part.checkpoint.weights }

  func lines(isNamed: Bool) -> [String] {
    let identity = weights.identity
    let variant = part.checkpoint.configuration.variant.map { ", \($0.title)" } ?? ""
    let changes = RowChange.allCases.compactMap { change -> String? in
      let count = plan.layout.tensors.count { $0.change == change }
      return count == 0 ? nil : "\(countText(count)) \(change.rawValue)"
    }
    return [
      "\(isNamed ? part.name + ": " : "")\(identity.family.title)\(variant), "
        + "\(identity.layout.rawValue) layout, "
        + countText(weights.sourceWeights.count, "tensor"),
      "  \(plan.layout.layout.rawValue) layout, "
        + "\(countText(plan.layout.tensors.count, "tensor")), "
        + "\(byteCountText(plan.byteCount)) in \(countText(plan.files.count, "file")): "
        + changes.joined(separator: ", "),
    ]
      + assumption.map { "  warning: \($0)" } + noiseLines
      + weights.dropped.map { "  dropped \($0.weight.name): \($0.reason)" }
      + overflows.map { name, count in
        "  warning: \(name): \(countText(count, "value")) too large for the type became infinite"
      }
  }

  /// What had to be guessed for the `config.json`, none or one.
  private var assumption: [String] {
    guard part.writesConfiguration, part.checkpoint.configurationPath == nil,
      let assumption = weights.identity.family.assumption
    else { return [] }
    return [assumption]
  }

  /// What codes are worth, and how many tensors are decoded; one line or none.
  private var noiseLines: [String] {
    guard let noise = part.sourceNoise else { return [] }
    let decoded = plan.layout.tensors.indices.count { isDecoded($0) }
    let count = decoded == 0 ? "" : "; \(countText(decoded, "tensor")) decoded"
    return ["  warning: \(noise.sentence)\(count)"]
  }

  /// Whether a tensor of the target has values where the source has codes.
  private func isDecoded(_ index: Int) -> Bool {
    let tensor = plan.layout.tensors[index]
    return tensor.encodings != [plan.types[index].rawValue]
      && tensor.runs.contains { part.checkpoint.source.codes(of: $0.source) != nil }
  }

  /// The tensors with values that the target's type cannot hold.
  private var overflows: [(name: String, count: Int)] {
    zip(plan.layout.tensors, overflowCounts ?? []).compactMap { tensor, count in
      count == 0 ? nil : (tensor.name, count)
    }
  }

  var document: JSONValue {
    let identity = weights.identity
    return [
      "name": .init(part.name), "family": .init(identity.family.id),
      "variant": part.checkpoint.configuration.variant.map { .init($0.title) } ?? .null,
      "source_layout": .init(identity.layout.rawValue), "source_prefix": .init(identity.prefix),
      "layout": .init(plan.layout.layout.rawValue), "bytes": .init(plan.byteCount),
      "files": .array(
        plan.files.map { file in
          [
            "name": .init(file.name), "tensors": .init(file.tensors.count),
            "bytes": .init(file.byteCount),
          ]
        }),
      "assumptions": .init(assumption), "sources": .array(sources),
      "quantization": part.sourceNoise?.document ?? .null,
      "ledger": .array(plan.layout.tensors.indices.map(entry)),
      "companions": .array(part.checkpoint.companions.map(\.fate)),
    ]
  }

  /// Every tensor of the source, and the tensors of the target that have its rows.
  private var sources: [JSONValue] {
    var targets: [String: [String]] = [:]
    for tensor in plan.layout.tensors {
      for source in Set(tensor.runs.map(\.source)) {
        targets[source, default: []].append(tensor.name)
      }
    }
    return weights.sourceWeights.map { weight in
      [
        "name": .init(weight.name), "targets": .init(targets[weight.name] ?? []),
        "dropped": .null,
      ]
    }
      + weights.dropped.map { dropped in
        [
          "name": .init(dropped.weight.name), "targets": .array([]),
          "dropped": .init(dropped.reason),
        ]
      }
  }

  private func entry(_ index: Int) -> JSONValue {
    let tensor = plan.layout.tensors[index]
    let type = plan.types[index].rawValue
    return [
      "name": .init(tensor.name), "change": .init(tensor.change.rawValue),
      "cast": .bool(tensor.encodings != [type]),
      "shape": .array(tensor.shape.extents.map { .init($0) }),
      "source_dtypes": .init(tensor.encodings), "dtype": .init(type),
      "decoded": .bool(isDecoded(index)),
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
