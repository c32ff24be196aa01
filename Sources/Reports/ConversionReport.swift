public import Bundles
internal import Checkpoints
public import Conversion
internal import Families
internal import Storage
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What a conversion makes of each tensor of each component, and that nothing is left over.
public struct ConversionReport: Sendable {
  private let source: String
  private let target: String
  private let parts: [ComponentConversionReport]
  /// Whether there are several, so that each is called by its name.
  private let isNamed: Bool
  private let leftOut: [Model.Component]
  private let copied: [CarriedFile]
  private let byteCount: Int
  private let peakMemoryByteCount: Int
  /// Nil in a dry run.
  private let resumedByteCount: Int?
  private let threads: Int

  /// A report of a plan, or of a finished conversion.
  public init(_ job: ConversionJob, _ outcome: ConversionJob.Outcome?, threads: Int) {
    source = job.model.path
    target = job.output
    parts = job.parts.indices.map {
      ComponentConversionReport(job.parts[$0], outcome?.parts[$0])
    }
    isNamed = job.hasSubfolders
    leftOut = job.leftOut
    copied = job.carried
    byteCount = job.byteCount
    peakMemoryByteCount = job.peakMemoryByteCount(threads: threads)
    resumedByteCount = outcome?.takenOverByteCount
    self.threads = threads
  }

  /// A report of the plan of a bundle in another layout, or of that bundle.
  public init(_ job: RelayoutJob, isDryRun: Bool, threads: Int) {
    source = job.bundle.path
    target = job.output
    parts = [ComponentConversionReport(job, isDryRun: isDryRun)]
    isNamed = false
    leftOut = []
    copied = []
    byteCount = job.plan.weightByteCount
    peakMemoryByteCount = job.plan.peakMemoryByteCount(threads: threads)
    resumedByteCount = isDryRun ? nil : 0
    self.threads = threads
  }

  /// What people read: counts, files, and what was lost.
  public var text: String {
    var lines = ["\(source) to \(target), \(byteCountText(byteCount))"]
    for part in parts { lines += part.lines(isNamed: isNamed) }
    for component in leftOut {
      lines.append(
        "left out: \(component.name), a \(component.checkpoint.configuration.family.title); "
          + Self.leftOutReason)
    }
    if !copied.isEmpty {
      lines.append("\(countText(copied.count, "file")) of the pipeline copied as they are")
    }
    lines.append("every source row is in the target once")
    lines.append(
      "memory needed at most \(byteCountText(peakMemoryByteCount)) with "
        + countText(threads, "thread"))
    return lines.joined(separator: "\n")
  }

  private static let leftOutReason = "one file takes one component, a folder takes all"

  /// The report for machines; formats/conversion-report.md.
  public var document: JSONValue {
    [
      "format": "mmdit-conversion", "version": 1, "dry_run": .bool(resumedByteCount == nil),
      "source": .init(source), "target": .init(target), "bytes": .init(byteCount),
      "resumed_bytes": resumedByteCount.map { .init($0) } ?? .null, "threads": .init(threads),
      "peak_memory_bytes_bound": .init(peakMemoryByteCount),
      "components": .array(parts.map(\.document)),
      "left_out": .array(
        leftOut.map { component in
          [
            "name": .init(component.name),
            "family": .init(component.checkpoint.configuration.family.id),
            "tensors": .init(component.checkpoint.weights.sourceWeights.count),
            "reason": .init(Self.leftOutReason),
          ]
        }),
      "copied": .array(copied.map { ["name": .init($0.name), "bytes": .init($0.byteCount)] }),
    ]
  }
}
