internal import Safetensors

/// What mflux calls a few weights otherwise than diffusers does; all others have the same names.
enum MfluxNames {
  /// The metadata of its files, which say nothing of plain values.
  static let metadataKeys = ["mflux_version", "quantization_level"]

  /// Whether mflux wrote the files.
  static func isUsed(in checkpoint: SafetensorsCheckpoint) -> Bool {
    checkpoint.files.contains { $0.header.metadata("mflux_version") != nil }
  }

  /// The name that diffusers has for a weight of FLUX.2.
  static func diffusersName(_ name: String) -> String {
    let embedder = "time_guidance_embed.linear_"
    if name.hasPrefix(embedder) {
      return "time_guidance_embed.timestep_embedder.linear_" + name.dropFirst(embedder.count)
    }
    let output = ".attn.to_out."
    if name.hasPrefix("transformer_blocks."), let range = name.firstRange(of: output),
      !name[range.upperBound...].hasPrefix("0.")
    {
      return name[..<range.upperBound] + "0." + name[range.upperBound...]
    }
    return name
  }
}
