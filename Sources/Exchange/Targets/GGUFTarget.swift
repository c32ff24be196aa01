public import Codecs
public import Families
internal import GGUF
public import Quantization
internal import Tensors

/// GGUF, for ComfyUI-GGUF, stable-diffusion.cpp and diffusers: names of the first publication without
/// a prefix, which is what all three read; of text encoders the names of llama.cpp.
public struct GGUFTarget: ExportTarget {
  public let mix: GGUFMix

  public init(_ mix: GGUFMix) { self.mix = mix }

  public var id: String { "gguf:\(mix.name)" }
  public var summary: String { mix.summary }
  public var loads: String {
    "ComfyUI-GGUF; stable-diffusion.cpp --diffusion-model; diffusers from_single_file with "
      + "GGUFQuantizationConfig and, but for FLUX.2 [dev], config=; of Qwen3 also llama.cpp and "
      + "transformers gguf_file="
  }
  public var container: ExportContainer { .gguf }

  /// What ggml reads unless it was built for more: 64 with the zero behind the name.
  public var longestName: Int { 63 }

  public func refusal(of configuration: Configuration) -> String? {
    let family = configuration.family
    guard Self.architecture(of: family) == nil else { return nil }
    return switch family {
    case .mistral3:
      "llama.cpp has its queries and keys in another order of rows, which is not written; "
        + "of text encoders Qwen3 is"
    case .t5, .clip:
      "llama.cpp's names for it are not written; of text encoders Qwen3 is"
    default:
      "expected a transformer of FLUX.2, FLUX.1 or Stable Diffusion 3 or a Qwen3 text encoder, "
        + "found a \(family.title)"
    }
  }

  public func layout(of configuration: Configuration) -> Layout {
    LlamaModel.of(configuration.family) == nil ? .original : .diffusers
  }

  public func name(of tensor: String) -> String {
    // No diffusion model has a name of a language model.
    LlamaModel.all.lazy.compactMap { $0.llamaName(of: tensor) }.first ?? tensor
  }

  /// What readers call each family. FLUX.2 goes by the name of its predecessor: ComfyUI-GGUF knows
  /// no other, and tells the two apart by their tensors.
  private static let architectures = ["flux2": "flux", "flux1": "flux", "sd3": "sd3"]

  /// The `general.architecture` of a family; nil for one that is not written.
  static func architecture(of family: Family) -> String? {
    architectures[family.id] ?? LlamaModel.of(family)?.architecture
  }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    guard tensor.isAdvised else { return (.plain(plainType(of: tensor)), tensor.reason) }
    let (wanted, reason) = mix.type(of: tensor)
    if let plain = wanted.plainType { return (.plain(plain), reason) }
    let columns = tensor.shape.columns
    guard let type = wanted.fallbacks.first(where: { columns.isMultiple(of: $0.elementsPerBlock) })
    else {
      return (
        .plain(.float16), "its \(columns) columns are no multiple of 32, which all blocks need"
      )
    }
    return (
      .coded(type),
      type == wanted
        ? reason
        : "its \(columns) columns are no multiple of \(wanted.elementsPerBlock), which "
          + "\(wanted.name) needs"
    )
  }

  /// Vectors and small tensors are F32: readers add or multiply them in that type, and diffusers
  /// takes no BF16 there.
  private func plainType(of tensor: ExportCandidate) -> ElementType {
    guard tensor.shape.extents.count > 1, tensor.shape.count > 1024 else { return .float32 }
    guard let asked = mix.base.plainType else { return tensor.plainType }
    return asked
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    carrier(mix.type(of: tensor).type, of: scheme, for: tensor)
  }
}
