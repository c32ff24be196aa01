public import Bundles
package import Checkpoints
internal import Recipes
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What quantizing would cost, or has cost, and what it makes of each tensor.
public struct QuantizationReport: Sendable {
  private let plan: BundlePlan
  private let sourceByteCount: Int
  private let threads: Int
  private let sourceNoise: StatedNoise?
  /// Tensors of the source that are no weights, and why they are left out.
  private let dropped: [(name: String, reason: String)]
  /// The memory cards that people have, in gigabytes.
  static let cardGigabytes = [6, 8, 12, 16, 24]

  public init(_ job: QuantizationJob) {
    self.init(
      plan: job.plan, sourceByteCount: job.sourceByteCount, sourceNoise: job.sourceNoise,
      dropped: job.checkpoint.dropped.map { ($0.weight.name, $0.reason) }, threads: job.threads)
  }

  /// The report of a plan for weights that take so many bytes now.
  package init(
    plan: BundlePlan, sourceByteCount: Int, sourceNoise: StatedNoise? = nil,
    dropped: [(name: String, reason: String)] = [], threads: Int
  ) {
    self.plan = plan
    self.sourceByteCount = sourceByteCount
    self.sourceNoise = sourceNoise
    self.dropped = dropped
    self.threads = threads
  }

  /// Whether the weights alone fit a card; activations, text encoder and autoencoder come on top.
  func fits(gigabytes: Int) -> Bool { plan.weightByteCount <= gigabytes << 30 }

  /// `quantized 234 of 240 tensors; kept 6: …` with the reason of each rule.
  private var summary: String {
    let quantized = plan.tensors.filter(\.isQuantized).count
    var lines = ["quantized \(quantized) of \(countText(plan.tensors.count, "tensor"))"]
    var reasons: [(reason: String, count: Int)] = []
    for tensor in plan.tensors where !tensor.isQuantized {
      if let index = reasons.firstIndex(where: { $0.reason == tensor.reason }) {
        reasons[index].count += 1
      } else {
        reasons.append((tensor.reason, 1))
      }
    }
    lines += reasons.map { "kept \($0.count): \($0.reason)" }
    lines += dropped.map { "dropped \($0.name): \($0.reason)" }
    if let sourceNoise { lines.append("warning: \(sourceNoise.sentence)") }
    return lines.joined(separator: "\n")
  }

  /// The dry run for a terminal.
  public var dryRunText: String {
    var table = TextTable([
      .text("tensor"), .text("shape"), .text("stored as"), .number("bytes"), .text("reason"),
    ])
    for tensor in plan.tensors {
      table.append([
        tensor.name, tensor.shape.description, tensor.encoding.description,
        countText(tensor.byteCount), tensor.reason,
      ])
    }
    return table.text + "\n" + summary + "\n" + costs
  }

  /// What a finished job made, for a terminal.
  public func text(_ outcome: QuantizationJob.Outcome, output: String) -> String {
    """
    \(output): \(byteCountText(outcome.outputByteCount)), \
    \(decimalText(outcome.header.bitsPerWeight, decimals: 3)) bits/weight, from \
    \(byteCountText(sourceByteCount)) in \(durationText(outcome.elapsed))
    \(summary)
    peak memory \(byteCountText(outcome.peakMemoryByteCount)), at most \
    \(byteCountText(plan.peakMemoryByteCount(threads: threads))) by the plan
    """
  }

  /// Sizes, memory and disk.
  public var costs: String {
    let cards = Self.cardGigabytes.map { "\($0) GB \(fits(gigabytes: $0) ? "yes" : "no")" }
    return """
      weights \(byteCountText(plan.weightByteCount)) of \(byteCountText(sourceByteCount)), \
      \(decimalText(plan.bitsPerWeight, decimals: 3)) bits/weight
      disk needed \(byteCountText(plan.diskByteCount))
      memory needed at most \(byteCountText(plan.peakMemoryByteCount(threads: threads))) with \
      \(countText(threads, "thread"))
      fits a card of: \(cards.joined(separator: ", ")) (these weights alone)
      """
  }

  /// The report for machines; formats/quantization-report.md.
  public func document(_ outcome: QuantizationJob.Outcome?) -> JSONValue {
    [
      "format": "mmdit-quantization", "version": 1, "recipe": plan.recipe.document,
      "dry_run": .init(outcome == nil),
      "bits_per_weight": .init(outcome?.header.bitsPerWeight ?? plan.bitsPerWeight),
      "parameters": .init(plan.weightCount), "source_bytes": .init(sourceByteCount),
      "source_quantization": sourceNoise?.document ?? .null,
      "weight_bytes": .init(plan.weightByteCount),
      "output_bytes": outcome.map { .init($0.outputByteCount) } ?? .null,
      "resumed_bytes": outcome.map { .init($0.takenOverByteCount) } ?? .null,
      "disk_bytes_needed": .init(plan.diskByteCount), "threads": .init(threads),
      "peak_memory_bytes_bound": .init(plan.peakMemoryByteCount(threads: threads)),
      "peak_memory_bytes": outcome.map { .init($0.peakMemoryByteCount) } ?? .null,
      "fits": .object(
        JSONObject(
          Self.cardGigabytes.map { ("\($0)_gb", .bool(fits(gigabytes: $0))) })),
      "tensors": .array(
        plan.tensors.map { tensor in
          [
            "name": .init(tensor.name),
            "shape": .array(tensor.shape.extents.map { .init($0) }),
            "encoding": .init(tensor.encoding.description), "bytes": .init(tensor.byteCount),
            "quantized": .bool(tensor.isQuantized), "reason": .init(tensor.reason),
          ]
        }),
      "dropped": .array(
        dropped.map { ["name": .init($0.name), "reason": .init($0.reason)] }),
    ]
  }
}

extension PlannedTensor {
  var isQuantized: Bool {
    if case .quantized = encoding { true } else { false }
  }
}
