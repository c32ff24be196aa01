/// A tensor that is no weight: it says how the codes of one become values, or what a runtime did.
public struct Companion: Hashable, Sendable {
  /// What a companion is for.
  public enum Role: String, Hashable, Sendable {
    /// Turns codes into values.
    case weightScale = "weight scale"
    /// Turns a runtime's activations into codes.
    case inputScale = "input scale"
    /// Says which codes the file or the weight has.
    case marker
  }

  public let name: String
  /// The weight that it belongs to; nil for a marker of the whole file.
  public let weight: String?
  public let role: Role

  /// What the last part of a name is for, nil when the name is a weight's.
  ///
  /// ComfyUI and BFL write `weight_scale`, `input_scale` and `comfy_quant`, ComfyUI in 2025
  /// `scale_weight` and `scale_input`, bitsandbytes `SCB` and `weight_format`.
  static func role(ending: Substring) -> Role? {
    switch ending {
    case "weight_scale", "scale_weight", "SCB": .weightScale
    case "input_scale", "scale_input", "output_scale": .inputScale
    case "comfy_quant", "weight_format": .marker
    default: nil
    }
  }

  /// What a tensor that a format has found beside codes is for.
  static func role(besideCodes name: String) -> Role {
    let ending = name.split(separator: ".").last ?? ""
    if let role = role(ending: ending) { return role }
    return ending.hasPrefix("bitsandbytes__") || ending == "weight_shape"
      || ending == "weight_g_idx"
      ? .marker : .weightScale
  }

  /// The last part of a file's marker, which may follow a prefix.
  static let fileMarker: Substring = "scaled_fp8"
}
