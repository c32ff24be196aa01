public import Codecs
public import Families
public import Quantization
public import Safetensors
public import StrictJSON
public import Tensors

/// A way of storing a model that another runtime loads.
///
/// A target is rules: which networks it takes, under which names, how each tensor is stored, and
/// what the documents beside the weights say. One file in `Targets` for each runtime.
public protocol ExportTarget: Sendable {
  /// What people call it on the command line: `gguf:Q4_K_M`.
  var id: String { get }
  /// What the file carries: `blocks of 32 with a scale, 8.5 bits`.
  var summary: String { get }
  /// Where it loads: programs, and what they need to be told.
  var loads: String { get }
  var container: ExportContainer { get }

  /// Why it does not take this network; nil when it does.
  func refusal(of configuration: Configuration) -> String?

  /// Whose names and rows the tensors have.
  func layout(of configuration: Configuration) -> Layout

  /// The name of a tensor in the output, where it is not that of the layout.
  func name(of tensor: String) -> String

  /// The longest name that the runtimes read, in bytes.
  var longestName: Int { get }

  /// How a tensor is stored, and why.
  ///
  /// Throws `IncompatibleTensor` for a tensor that the runtime demands to be stored in a way that
  /// its shape does not allow.
  func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String)

  /// The codec that holds the codes of a bundle's tensor as they are, nil when none does.
  func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)?

  /// The `__metadata__` of safetensors files, on top of that of the source.
  func metadata(of plan: ExportPlan) -> [SafetensorsHeader.MetadataEntry]

  /// Changes the `config.json` of a component's folder.
  func configure(_ document: inout JSONObject, for plan: ExportPlan)
}

/// What an export is made of.
public enum ExportContainer: Hashable, Sendable {
  /// One safetensors file.
  case safetensors
  /// One GGUF file, or a set of them.
  case gguf
  /// A folder as diffusers and transformers have them, or of a whole pipeline.
  case folder
  /// A folder whose safetensors files are numbered from 0.
  case numberedFolder

  /// What the name of an output ends with; nil for folders.
  public var fileEnding: String? {
    switch self {
    case .safetensors: ".safetensors"
    case .gguf: ".gguf"
    case .folder, .numberedFolder: nil
    }
  }
}

/// A tensor of the target's layout before it is decided how it is stored.
public struct ExportCandidate: Sendable {
  /// Its name in the layout.
  public let name: String
  /// The names of its parts in the suite's own layout.
  public let parts: [String]
  public let shape: Shape
  /// Whether to quantize it: the advice of the family or, of a bundle, what its recipe decided; and
  /// the reason for that or against.
  public let isAdvised: Bool
  public let reason: String
  /// Why errors in it cost most, by the family's advice; nil where they do not.
  public let criticalReason: String?
  /// The type that its values keep when they are not coded.
  public let plainType: ElementType
  /// The scheme of its codes in a bundle; nil for values.
  public let scheme: Scheme?
  /// How its parts are stored, where some are codes and not all alike.
  let mixedEncodings: [String]

  /// The module that has it, as runtimes list modules: its name without `.weight`.
  public var module: String {
    name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
  }

  /// Stored as it is.
  var kept: (storage: TensorStorage, reason: String) { (.plain(plainType), reason) }
}

/// A tensor that a target cannot store.
public struct IncompatibleTensor: Error, Hashable, Sendable {
  public let tensor: String
  public let expected: String
  public let found: String
}

extension ExportTarget {
  public func name(of tensor: String) -> String { tensor }
  /// The header of a safetensors file sets no limit of its own.
  public var longestName: Int { .max }
  public func metadata(of plan: ExportPlan) -> [SafetensorsHeader.MetadataEntry] { [] }
  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {}

  /// The codec if it can hold the tensor and carry the scheme.
  func carrier(
    _ codec: some LevelCodec, of scheme: Scheme, for tensor: ExportCandidate
  ) -> (any LevelCodec)? {
    codec.objection(to: tensor.shape) == nil && codec.carries(scheme, shape: tensor.shape)
      ? codec : nil
  }

  /// Stored by the codec, which must be able to hold it, if the tensor is to be quantized.
  func advised(
    _ tensor: ExportCandidate, by codec: some MatrixCodec
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    guard tensor.isAdvised else { return tensor.kept }
    if let expected = codec.objection(to: tensor.shape) {
      throw IncompatibleTensor(
        tensor: tensor.name, expected: expected, found: tensor.shape.description)
    }
    return (.coded(codec), tensor.reason)
  }
}
