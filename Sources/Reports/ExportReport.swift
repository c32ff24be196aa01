internal import Checkpoints
internal import Conversion
public import Exchange
internal import Families
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What an export makes of each tensor, and what reading it back has shown.
public struct ExportReport: Sendable {
  private let job: ExportJob
  /// Nil in a dry run.
  private let outcome: ExportJob.Outcome?
  private let byteCount: Int
  private let threads: Int

  /// A report of a plan, or of a finished export.
  public init(_ job: ExportJob, _ outcome: ExportJob.Outcome?, threads: Int) throws {
    self.job = job
    self.outcome = outcome
    byteCount = try job.byteCount()
    self.threads = threads
  }

  /// What people read: sizes, how many tensors became what, and what was lost.
  public var text: String {
    var lines = ["\(job.path) to \(job.output), \(job.target.id), \(byteCountText(byteCount))"]
    for (index, part) in job.parts.enumerated() {
      lines += componentLines(part, outcome?.parts[index])
    }
    for name in job.leftOut {
      lines.append("left out: \(name); one file takes one component, a folder takes all")
    }
    if !job.carried.isEmpty {
      lines.append("\(countText(job.carried.count, "file")) of the pipeline copied as they are")
    }
    if let outcome {
      lines.append(
        "read back and compared, every weight, in \(durationText(outcome.elapsed)) in all; peak "
          + "memory \(byteCountText(outcome.peakMemoryByteCount))")
    }
    lines.append(
      "memory needed at most \(byteCountText(job.peakMemoryByteCount(threads: threads))) with "
        + countText(threads, "thread"))
    lines.append("loads in: \(job.target.loads)")
    return lines.joined(separator: "\n")
  }

  private func componentLines(
    _ part: ComponentExport, _ outcome: ComponentExport.Outcome?
  ) -> [String] {
    let plan = part.plan
    let coded = plan.tensors.filter(\.storage.isCoded)
    var lines = [
      "\(part.name): quantized \(coded.count) of \(countText(plan.tensors.count, "tensor")), "
        + "\(decimalText(plan.bitsPerWeight, decimals: 3)) bits/weight"
    ]
    for (storage, count) in counted(plan.tensors.map(\.storage.description)) {
      lines.append("  \(storage): \(countText(count, "tensor"))")
    }
    let moved = plan.tensors.filter(\.isCarried)
    if !moved.isEmpty {
      lines.append(
        "  the bundle's codes of \(countText(moved.count, "tensor")) moved as they are: the values "
          + "are the same")
    }
    let originals = plan.tensors.count { $0.source == .original }
    if originals > 0 {
      lines.append("  \(countText(originals, "tensor")) encoded from the source of the bundle")
    }
    for (reason, count) in counted(plan.tensors.filter { !$0.storage.isCoded }.map(\.reason)) {
      lines.append("  kept \(count): \(reason)")
    }
    if let noise = part.input.sourceNoise { lines.append("  warning: \(noise.sentence)") }
    if let outcome, let worst = outcome.worst {
      lines.append(
        "  weights lost \(errorText(outcome.relativeError)) in all, at most "
          + "\(errorText(worst.metrics.relativeError)), \(worst.name)")
    }
    return lines
  }

  /// How often each text occurs, in the order in which they are met.
  private func counted(_ texts: [String]) -> [(text: String, count: Int)] {
    texts.reduce(into: []) { counts, text in
      if let index = counts.firstIndex(where: { $0.text == text }) {
        counts[index].count += 1
      } else {
        counts.append((text, 1))
      }
    }
  }

  /// The report for machines; formats/export-report.md.
  public var document: JSONValue {
    [
      "format": "mmdit-export", "version": 1, "dry_run": .bool(outcome == nil),
      "target": .init(job.target.id), "source": .init(job.path), "output": .init(job.output),
      "bytes": .init(byteCount), "threads": .init(threads),
      "peak_memory_bytes_bound": .init(job.peakMemoryByteCount(threads: threads)),
      "peak_memory_bytes": outcome.map { .init($0.peakMemoryByteCount) } ?? .null,
      "components": .array(
        job.parts.indices.map { document(of: job.parts[$0], outcome?.parts[$0]) }),
      "left_out": .init(job.leftOut),
      "copied": .array(
        job.carried.map { ["name": .init($0.name), "bytes": .init($0.byteCount)] }),
    ]
  }

  private func document(
    of part: ComponentExport, _ outcome: ComponentExport.Outcome?
  ) -> JSONValue {
    let plan = part.plan
    return [
      "name": .init(part.name), "family": .init(plan.configuration.family.id),
      "layout": .init(plan.layout.rawValue),
      "bits_per_weight": .init(plan.bitsPerWeight), "parameters": .init(plan.weightCount),
      "relative_error": outcome.map { .init($0.relativeError) } ?? .null,
      "source_quantization": part.input.sourceNoise?.document ?? .null,
      "files": .array(
        plan.files.map { file in
          [
            "name": .init(file.name), "tensors": .init(file.tensors.count),
            "weight_bytes": .init(file.byteCount),
          ]
        }),
      "tensors": .array(
        plan.tensors.map { tensor in
          [
            "name": .init(tensor.name),
            "shape": .array(tensor.shape.extents.map { .init($0) }),
            "encoding": .init(tensor.storage.description), "bytes": .init(tensor.byteCount),
            "quantized": .bool(tensor.storage.isCoded), "made_of": .init(tensor.madeOf),
            "reason": .init(tensor.reason),
          ]
        }),
      "weights": outcome.map { outcome in
        .array(
          outcome.weights.map { weight in
            [
              "name": .init(weight.name),
              "relative_error": .init(weight.metrics.relativeError),
              "maximum_error": .init(weight.metrics.maximumAbsoluteError),
            ]
          })
      } ?? .null,
    ]
  }
}

extension ExportTensor {
  /// Whether its codes are those of a bundle.
  fileprivate var isCarried: Bool {
    if case .codes = source { true } else { false }
  }

  /// What its bytes come from, for machines.
  fileprivate var madeOf: String {
    switch source {
    case .values: "values"
    case .codes(let scheme): scheme
    case .original: "source"
    }
  }
}

extension ComponentExport.Outcome {
  /// The weight that lost most.
  fileprivate var worst: ReadBack? {
    weights.max { $0.metrics.relativeError < $1.metrics.relativeError }
  }

  /// ‖found − expected‖ / ‖expected‖ over all weights.
  fileprivate var relativeError: Double {
    weights.reduce(into: ErrorMetrics()) { $0.merge($1.metrics) }.relativeError
  }
}
