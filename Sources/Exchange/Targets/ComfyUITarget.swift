public import Codecs
public import Families
public import Quantization
public import Safetensors
internal import StrictJSON
internal import Tensors

/// ComfyUI's own quantized safetensors: names of the first publication, a marker beside each layer
/// and in the header.
public struct ComfyUITarget: ExportTarget {
  /// Which of its formats.
  public enum Format: String, CaseIterable, Sendable {
    case int8
    case int8Convrot = "int8-convrot"
    case fp8, nvfp4, mxfp8
  }

  public let format: Format

  static let all: [any ExportTarget] = Format.allCases.map(ComfyUITarget.init)

  init(_ format: Format) { self.format = format }

  public var id: String { "comfyui:\(format.rawValue)" }

  public var summary: String {
    switch format {
    case .int8: "int8, a scale a row, 8 bits"
    case .int8Convrot: "int8 of rotated columns, a scale a row, 8 bits"
    case .fp8: "FP8 E4M3, a scale a tensor, 8 bits"
    case .nvfp4: "FP4 E2M1, a scale of 8 bits for 16 weights, 4.5 bits"
    case .mxfp8: "FP8 E4M3, a power of two for 32 weights, 8.25 bits"
    }
  }

  public var loads: String {
    switch format {
    case .int8, .int8Convrot:
      "ComfyUI of 2026, models/diffusion_models or text_encoders; stable-diffusion.cpp"
    case .fp8, .nvfp4, .mxfp8: "ComfyUI, models/diffusion_models or text_encoders"
    }
  }

  public var container: ExportContainer { .safetensors }

  public func refusal(of configuration: Configuration) -> String? {
    refusalOfAutoencoders(configuration)
  }

  public func layout(of configuration: Configuration) -> Layout { .original }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    switch format {
    case .int8: try advised(tensor, by: ScaledInt8Codec(.comfyUI, groupSize: nil))
    case .int8Convrot: try advised(tensor, by: RotatedInt8Codec(columns: tensor.shape.columns))
    case .fp8: try advised(tensor, by: Float8Codec(.comfyUI, scale: .tensor))
    case .nvfp4: try advised(tensor, by: NVFP4Codec(.comfyUI))
    case .mxfp8: try advised(tensor, by: MXFP8Codec())
    }
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    format == .int8
      ? carrier(ScaledInt8Codec(.comfyUI, groupSize: nil), of: scheme, for: tensor) : nil
  }

  /// The markers once more, for versions that look into the header.
  public func metadata(of plan: ExportPlan) -> [SafetensorsHeader.MetadataEntry] {
    let layers = plan.tensors.filter(\.storage.isCoded).map { tensor in
      (String(tensor.name.dropLast(".weight".count)), JSONValue.object(marker(of: tensor)))
    }
    let document: JSONValue = [
      "format_version": "1.0", "layers": .object(JSONObject(layers)),
    ]
    return [.init(key: "_quantization_metadata", value: document.compact())]
  }

  /// The members of the marker beside a layer.
  private func marker(of tensor: ExportTensor) -> JSONObject {
    var members: JSONObject = ["format": .init(formatName)]
    if case .coded(let codec) = tensor.storage, let rotated = codec as? RotatedInt8Codec {
      members["convrot"] = true
      members["convrot_groupsize"] = .init(rotated.groupSize)
    }
    return members
  }

  /// What ComfyUI calls the format.
  private var formatName: String {
    switch format {
    case .int8, .int8Convrot: "int8_tensorwise"
    case .fp8: "float8_e4m3fn"
    case .nvfp4: "nvfp4"
    case .mxfp8: "mxfp8"
    }
  }
}
