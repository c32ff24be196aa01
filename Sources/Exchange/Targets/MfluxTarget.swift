public import Codecs
public import Families
public import Quantization
public import Safetensors
internal import Tensors

/// The folders that mflux saves and loads: affine codes with a scale for 64 weights, under its own
/// names. A layer without scales is plain to it, from 0.24 on.
public struct MfluxTarget: ExportTarget {
  public let bits: Int

  static let all: [any ExportTarget] = [4, 8].map { MfluxTarget(bits: $0) }

  public var id: String { "mflux:\(bits)bit" }

  public var summary: String {
    "affine codes, a scale and a bias for 64 weights, \(bits).5 bits"
  }

  public var loads: String { "mflux 0.24 and later, as the transformer of a saved klein model" }

  public var container: ExportContainer { .numberedFolder }

  public func refusal(of configuration: Configuration) -> String? {
    guard configuration.family == .flux2 else {
      return "expected a transformer of FLUX.2 [klein], found a \(configuration.family.title)"
    }
    return configuration.size("has_guidance") == 0
      ? nil : "mflux has FLUX.2 [klein], which takes no guidance, and this model does"
  }

  public func layout(of configuration: Configuration) -> Layout { .diffusers }

  /// The names that differ from those of diffusers.
  private static let spellings = [
    (diffusers: ".attn.to_out.0.", mflux: ".attn.to_out."),
    (
      diffusers: "time_guidance_embed.timestep_embedder.linear",
      mflux: "time_guidance_embed.linear"
    ),
  ]

  public func name(of tensor: String) -> String {
    Self.spellings.reduce(tensor) { $0.replacing($1.diffusers, with: $1.mflux) }
  }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    try advised(tensor, by: AffineCodec(bits: bits, groupSize: 64, scaleType: .bfloat16))
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    carrier(
      AffineCodec(bits: bits, groupSize: 64, scaleType: .bfloat16), of: scheme, for: tensor)
  }

  /// By which mflux knows its own files.
  public func metadata(of plan: ExportPlan) -> [SafetensorsHeader.MetadataEntry] {
    [
      .init(key: "quantization_level", value: String(bits)),
      .init(key: "mflux_version", value: "0.24.0"),
    ]
  }
}
