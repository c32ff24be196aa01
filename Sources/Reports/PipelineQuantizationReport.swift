public import Bundles
internal import Checkpoints
public import StrictJSON
internal import ToolKit

/// What quantizing a pipeline would cost, or has cost.
public struct PipelineQuantizationReport: Sendable {
  private let quantization: PipelineQuantization

  public init(_ quantization: PipelineQuantization) { self.quantization = quantization }

  /// Every component on its own, as `QuantizationReport` has it.
  public var dryRunText: String {
    let parts = quantization.parts.map {
      "\($0.name)\n\(QuantizationReport($0.job).dryRunText)"
    }
    return (parts + [rest, "disk needed \(byteCountText(quantization.diskByteCount))"])
      .joined(separator: "\n\n")
  }

  /// What a finished job made.
  public func text(_ outcome: PipelineQuantization.Outcome, output: String) -> String {
    let parts = zip(quantization.parts, outcome.parts).map { part, outcome in
      QuantizationReport(part.job).text(outcome, output: "\(output)/\(part.fileName)")
    }
    return (parts + [rest]).joined(separator: "\n")
  }

  private var rest: String {
    let byteCount = quantization.carried.reduce(0) { $0 + $1.byteCount }
    return "\(countText(quantization.carried.count, "file")) copied as they are, "
      + byteCountText(byteCount)
  }

  /// The report for machines; formats/quantization-report.md, section "Pipelines".
  public func document(_ outcome: PipelineQuantization.Outcome?) -> JSONValue {
    [
      "format": "mmdit-pipeline-quantization", "version": 1, "dry_run": .init(outcome == nil),
      "disk_bytes_needed": .init(quantization.diskByteCount),
      "resumed_bytes": outcome.map { .init($0.takenOverByteCount) } ?? .null,
      "components": .array(
        quantization.parts.enumerated().map { index, part in
          [
            "name": .init(part.name), "file": .init(part.fileName),
            "report": QuantizationReport(part.job).document(outcome?.parts[index]),
          ]
        }),
      "copied": .array(
        quantization.carried.map { ["name": .init($0.name), "bytes": .init($0.byteCount)] }),
    ]
  }
}
