public import Codecs
public import Families
public import Quantization

/// The quantized files of FLUX.2's publisher, which diffusers loads by `BFLQuantizationConfig`.
public struct BFLTarget: ExportTarget {
  /// Which of its formats.
  public enum Format: String, CaseIterable, Sendable {
    case fp8, nvfp4
  }

  public let format: Format

  static let all: [any ExportTarget] = Format.allCases.map(BFLTarget.init)

  init(_ format: Format) { self.format = format }

  public var id: String { "bfl:\(format.rawValue)" }

  public var summary: String {
    switch format {
    case .fp8: "FP8 E4M3, a scale a row, 8 bits"
    case .nvfp4: "FP4 E2M1, a scale of 8 bits for 16 weights, 4.5 bits"
    }
  }

  public var loads: String {
    "diffusers 0.42 and later, from_single_file with BFLQuantizationConfig and, but for FLUX.2 "
      + "[dev], config="
  }

  public var container: ExportContainer { .safetensors }

  public func refusal(of configuration: Configuration) -> String? {
    configuration.family == .flux2
      ? nil : "expected a transformer of FLUX.2, found a \(configuration.family.title)"
  }

  public func layout(of configuration: Configuration) -> Layout { .original }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    switch format {
    case .fp8: try advised(tensor, by: Float8Codec(.bfl, scale: .row))
    case .nvfp4: try advised(tensor, by: NVFP4Codec(.bfl))
    }
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? { nil }
}
