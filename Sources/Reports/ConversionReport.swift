public import Bundles
internal import Checkpoints
public import Conversion
internal import Families
internal import Storage
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What a conversion makes of each tensor, and that nothing is left over.
public struct ConversionReport: Sendable {
  private let source: CanonicalWeights
  private let sourcePath: String
  private let target: LayoutPlan
  private let output: String
  private let files: [File]
  /// How each tensor of the target is stored.
  private let types: [String]
  private let peakMemoryByteCount: Int
  /// Of each tensor, nil in a dry run.
  private let overflowCounts: [Int]?
  private let takenOverByteCount: Int?
  private let threads: Int

  private struct File {
    var name: String
    var tensorCount: Int
    var byteCount: Int
  }

  /// A report of a plan, or of a finished conversion.
  public init(_ job: ConversionJob, _ outcome: ConversionJob.Outcome?, threads: Int) {
    source = job.checkpoint.weights
    sourcePath = job.checkpoint.path
    target = job.plan.layout
    output = job.output
    files = job.plan.files.map {
      File(name: $0.name, tensorCount: $0.tensors.count, byteCount: $0.byteCount)
    }
    types = job.plan.types.map(\.rawValue)
    peakMemoryByteCount = job.plan.peakMemoryByteCount(threads: threads)
    overflowCounts = outcome?.overflowCounts
    takenOverByteCount = outcome?.takenOverByteCount
    self.threads = threads
  }

  /// A report of the plan of a bundle in another layout, or of that bundle.
  public init(_ job: RelayoutJob, isDryRun: Bool, threads: Int) {
    source = job.weights
    sourcePath = job.bundle.path
    target = job.layout
    output = job.output
    files = [
      File(
        name: FileSystem.name(of: job.output), tensorCount: job.plan.tensors.count,
        byteCount: job.plan.weightByteCount)
    ]
    types = job.plan.tensors.map(\.encoding.description)
    peakMemoryByteCount = job.plan.peakMemoryByteCount(threads: threads)
    // Nothing is decoded, so nothing overflows, and nothing is taken over.
    overflowCounts = isDryRun ? nil : types.map { _ in 0 }
    takenOverByteCount = isDryRun ? nil : 0
    self.threads = threads
  }

  private var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// What people read: counts, files, and what was lost.
  public var text: String {
    let identity = source.identity
    var lines = [
      "\(sourcePath): \(identity.family.title), \(identity.layout.rawValue) layout, "
        + countText(source.sourceWeights.count, "tensor"),
      "\(output): \(target.layout.rawValue) layout, "
        + "\(countText(target.tensors.count, "tensor")), \(byteCountText(byteCount)) in "
        + countText(files.count, "file"),
    ]
    let changes = RowChange.allCases.compactMap { change -> String? in
      let count = target.tensors.count { $0.change == change }
      return count == 0 ? nil : "\(countText(count)) \(change.rawValue)"
    }
    lines.append(changes.joined(separator: ", ") + "; every source row is in the target once")
    lines.append(
      "memory needed at most \(byteCountText(peakMemoryByteCount)) with "
        + countText(threads, "thread"))
    lines += overflows.map { name, count in
      "warning: \(name): \(countText(count, "value")) too large for the type became infinite"
    }
    return lines.joined(separator: "\n")
  }

  /// The tensors with values that the target's type cannot hold.
  private var overflows: [(name: String, count: Int)] {
    zip(target.tensors, overflowCounts ?? []).compactMap { tensor, count in
      count == 0 ? nil : (tensor.name, count)
    }
  }

  /// The report for machines; formats/conversion-report.md.
  public var document: JSONValue {
    let identity = source.identity
    return [
      "format": "mmdit-conversion", "version": 1, "dry_run": .bool(overflowCounts == nil),
      "source": [
        "path": .init(sourcePath), "family": .init(identity.family.title),
        "layout": .init(identity.layout.rawValue),
        "tensors": .init(source.sourceWeights.count),
      ],
      "target": [
        "path": .init(output), "layout": .init(target.layout.rawValue),
        "bytes": .init(byteCount),
        "files": .array(
          files.map { file in
            [
              "name": .init(file.name), "tensors": .init(file.tensorCount),
              "bytes": .init(file.byteCount),
            ]
          }),
      ],
      "resumed_bytes": takenOverByteCount.map { .init($0) } ?? .null,
      "threads": .init(threads),
      "peak_memory_bytes_bound": .init(peakMemoryByteCount),
      "ledger": .array(target.tensors.indices.map(entry)),
    ]
  }

  private func entry(_ index: Int) -> JSONValue {
    let tensor = target.tensors[index]
    return [
      "name": .init(tensor.name), "change": .init(tensor.change.rawValue),
      "shape": .array(tensor.shape.extents.map { .init($0) }),
      "source_dtypes": .init(tensor.encodings), "dtype": .init(types[index]),
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
