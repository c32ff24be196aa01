/// The published models, told apart by their sizes.
public enum Flux2Variant: String, CaseIterable, Hashable, Sendable {
  case dev = "FLUX.2 [dev] 32B"
  case klein9B = "FLUX.2 [klein] 9B"
  case klein4B = "FLUX.2 [klein] 4B"

  /// The published model with this configuration, nil for any other size.
  ///
  /// Base and distilled models have the same tensors; only the pipeline's `is_distilled` tells
  /// them apart.
  public static func of(_ configuration: Flux2Configuration) -> Flux2Variant? {
    switch (
      configuration.width, configuration.doubleBlockCount, configuration.singleBlockCount,
      configuration.hasGuidance
    ) {
    case (6144, 8, 48, true): .dev
    case (4096, 8, 24, false): .klein9B
    case (3072, 5, 20, false): .klein4B
    default: nil
    }
  }
}
