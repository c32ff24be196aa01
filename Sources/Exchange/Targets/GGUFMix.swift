public import GGUF
public import Tensors

/// Which type of blocks each tensor of a GGUF file gets.
///
/// A plain mix has one type for all layers that are quantized. The named ones follow the custom of
/// llama.cpp: `_S` has one type throughout, `_M` has the next larger one where errors cost most, which
/// here are the layers that were measured to (`QuantizationAdvice.critical`), and queries, keys and
/// values, as the image models of that custom have them.
public struct GGUFMix: Hashable, Sendable {
  /// Its name: `Q4_K_M`.
  public let name: String
  /// The type of most layers.
  public let base: BlockType
  /// The type of those whose errors cost most.
  public let critical: BlockType
  /// ggml's number for the mix, which the metadata have as `general.file_type`.
  public let fileType: UInt32

  init(_ name: String, _ base: BlockType, critical: BlockType? = nil, fileType: UInt32) {
    self.name = name
    self.base = base
    self.critical = critical ?? base
    self.fileType = fileType
  }

  /// In the order of size.
  public static let all = [
    GGUFMix("F32", .f32, fileType: 0), GGUFMix("F16", .f16, fileType: 1),
    GGUFMix("BF16", .bf16, fileType: 32), GGUFMix("Q8_0", .q80, fileType: 7),
    GGUFMix("Q6_K", .q6K, fileType: 18),
    GGUFMix("Q5_K_M", .q5K, critical: .q6K, fileType: 17),
    GGUFMix("Q5_K_S", .q5K, fileType: 16), GGUFMix("Q5_K", .q5K, fileType: 16),
    GGUFMix("Q5_1", .q51, fileType: 9), GGUFMix("Q5_0", .q50, fileType: 8),
    GGUFMix("Q4_K_M", .q4K, critical: .q5K, fileType: 15),
    GGUFMix("Q4_K_S", .q4K, fileType: 14), GGUFMix("Q4_K", .q4K, fileType: 14),
    GGUFMix("Q4_1", .q41, fileType: 3), GGUFMix("Q4_0", .q40, fileType: 2),
    GGUFMix("IQ4_NL", .iq4NL, fileType: 25), GGUFMix("IQ4_XS", .iq4XS, fileType: 30),
    GGUFMix("Q3_K_M", .q3K, critical: .q4K, fileType: 12),
    GGUFMix("Q3_K_S", .q3K, fileType: 11), GGUFMix("Q3_K", .q3K, fileType: 11),
    GGUFMix("Q2_K", .q2K, fileType: 10),
  ]

  /// The type of a tensor, and why.
  func type(of tensor: ExportCandidate) -> (type: BlockType, reason: String) {
    guard critical != base else { return (base, tensor.reason) }
    if let reason = tensor.criticalReason { return (critical, reason) }
    if tensor.name.hasSuffix("attn.qkv.weight") {
      return (critical, "queries, keys and values, a small part of a block")
    }
    return (base, tensor.reason)
  }

  public var summary: String {
    let bits = 8 * Double(base.bytesPerBlock) / Double(base.elementsPerBlock)
    let text = base.plainType == nil ? "blocks of \(base.elementsPerBlock), " : "plain values, "
    let more =
      critical == base ? "" : "; \(critical.name) where errors cost most"
    return "\(text)\(bits == bits.rounded() ? String(Int(bits)) : String(bits)) bits\(more)"
  }
}

extension BlockType {
  /// The element type of plain values; nil for blocks.
  public var plainType: ElementType? {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    default: nil
    }
  }

  /// The type itself and then those that serve instead where a row is no multiple of its block, as
  /// llama.cpp chooses them: not smaller, and blocks of 32.
  var fallbacks: [BlockType] {
    switch self {
    case .q2K, .q3K, .iq4XS: [self, .iq4NL]
    case .q4K: [self, .q50]
    case .q5K: [self, .q51]
    case .q6K: [self, .q80]
    default: [self]
    }
  }
}
