internal import Checkpoints
public import Conversion
internal import Families
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What a conversion makes of each tensor, and that nothing is left over.
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

  /// What people read: counts, files, and what was lost.
  public var text: String {
    let plan = job.plan
    let identity = job.checkpoint.weights.identity
    var lines = [
      "\(job.checkpoint.path): \(identity.family.rawValue), \(identity.layout.rawValue) layout, "
        + countText(job.checkpoint.weights.sourceWeights.count, "tensor"),
      "\(job.output): \(plan.layout.layout.rawValue) layout, "
        + "\(countText(plan.layout.tensors.count, "tensor")), \(byteCountText(plan.byteCount)) in "
        + countText(plan.files.count, "file"),
    ]
    let changes = RowChange.allCases.compactMap { change -> String? in
      let count = plan.layout.tensors.count { $0.change == change }
      return count == 0 ? nil : "\(countText(count)) \(change.rawValue)"
    }
    lines.append(changes.joined(separator: ", ") + "; every source row is in the target once")
    lines.append(
      "memory needed at most \(byteCountText(plan.peakMemoryByteCount(threads: threads))) with "
        + countText(threads, "thread"))
    if let noise = job.sourceNoise {
      let decoded = plan.layout.tensors.indices.count { isDecoded($0) }
      let kept = decoded == 0 ? "" : "; \(countText(decoded, "tensor")) decoded"
      lines.append("warning: \(noise.sentence)\(kept)")
    }
    lines += overflows.map { name, count in
      "warning: \(name): \(countText(count, "value")) too large for the type became infinite"
    }
    return lines.joined(separator: "\n")
  }

  /// Whether a tensor of the target has values where the source has codes.
  private func isDecoded(_ index: Int) -> Bool {
    let tensor = job.plan.layout.tensors[index]
    return tensor.encodings != [job.plan.types[index].rawValue]
      && tensor.runs.contains { job.checkpoint.source.codes(of: $0.source) != nil }
  }

  /// The tensors with values that the target's type cannot hold.
  private var overflows: [(name: String, count: Int)] {
    guard let outcome else { return [] }
    return zip(job.plan.layout.tensors, outcome.overflowCounts).compactMap { tensor, count in
      count == 0 ? nil : (tensor.name, count)
    }
  }

  /// The report for machines; formats/conversion-report.md.
  public var document: JSONValue {
    let plan = job.plan
    let identity = job.checkpoint.weights.identity
    return [
      "format": "mmdit-conversion", "version": 1, "dry_run": .bool(outcome == nil),
      "source": [
        "path": .init(job.checkpoint.path), "family": .init(identity.family.rawValue),
        "layout": .init(identity.layout.rawValue),
        "tensors": .init(job.checkpoint.weights.sourceWeights.count),
        "quantization": job.sourceNoise?.document ?? .null,
      ],
      "target": [
        "path": .init(job.output), "layout": .init(plan.layout.layout.rawValue),
        "bytes": .init(plan.byteCount),
        "files": .array(
          plan.files.map { file in
            [
              "name": .init(file.name), "tensors": .init(file.tensors.count),
              "bytes": .init(file.byteCount),
            ]
          }),
      ],
      "threads": .init(threads),
      "peak_memory_bytes_bound": .init(plan.peakMemoryByteCount(threads: threads)),
      "ledger": .array(plan.layout.tensors.indices.map(entry)),
      "companions": .array(job.checkpoint.source.companions.map(\.fate)),
    ]
  }

  private func entry(_ index: Int) -> JSONValue {
    let tensor = job.plan.layout.tensors[index]
    return [
      "name": .init(tensor.name), "change": .init(tensor.change.rawValue),
      "shape": .array(tensor.shape.extents.map { .init($0) }),
      "source_dtypes": .init(tensor.encodings), "dtype": .init(job.plan.types[index].rawValue),
      "decoded": .bool(isDecoded(index)),
      "overflows": outcome.map { .init($0.overflowCounts[index]) } ?? .null,
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
