import Safetensors
import TestSupport

/// The description of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no failure"
  } catch { return "\(error)" }
}

extension TemporaryFolder {
  /// Makes a diffusers pipeline of the tiny network and returns its path.
  @discardableResult
  func makePipeline(
    _ name: String = "pipeline", isDistilled: String = "false", configuration: String? = nil
  ) throws -> String {
    try makeFolder("\(name)/transformer")
    try write(
      "\(name)/model_index.json",
      """
      {"_class_name": "Flux2KleinPipeline", "is_distilled": \(isDistilled),
       "transformer": ["diffusers", "Flux2Transformer2DModel"]}
      """)
    try write("\(name)/transformer/config.json", configuration ?? TinyFlux2.configuration())
    try write(
      "\(name)/transformer/diffusion_pytorch_model.safetensors", TinyFlux2.diffusers(),
      metadata: [.init(key: "format", value: "pt")])
    return path(name)
  }
}
