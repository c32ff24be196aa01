/// Every target there is, and those that are known and not written.
public enum Targets {
  /// In the order of `mmdit-export --list`.
  public static let all: [any ExportTarget] =
    GGUFMix.all.map(GGUFTarget.init) + BitsandbytesTarget.all + ComfyUITarget.all
    + BFLTarget.all + MLXTarget.all + MfluxTarget.all + SDNQTarget.all + TorchAOTarget.all
    + CompressedTensorsTarget.all

  /// The target of that name; upper and lower case are the same.
  public static func named(_ id: String) throws(ExportFailure) -> any ExportTarget {
    let wanted = id.lowercased()
    if let target = all.first(where: { $0.id.lowercased() == wanted }) { return target }
    if let (_, reason) = unsupported.first(where: { wanted.hasPrefix($0.id) }) {
      throw .unsupportedTarget(id: id, reason: reason)
    }
    throw .unknownTarget(id: id, known: all.map(\.id))
  }

  /// Formats that people ask for and that are not written, by the beginning of their names, and why.
  public static let unsupported: [(id: String, reason: String)] = [
    (
      "nunchaku",
      "SVDQuant needs activations of many prompts to choose its smoothing and low-rank branch, and "
        + "weights in the order of its CUDA kernels, which nothing on a CPU can check"
    ),
    (
      "torchao:int4",
      "its packings are those of CUDA kernels and differ between cards; torchao:int8 has one form"
    ),
    (
      "torchao:fp8",
      "the card it was made on decides its kernels; bfl:fp8 holds the same codes for any card"
    ),
    (
      "quanto",
      "diffusers removes its loader with 1.0; sdnq:int8 holds the same codes. Files of quanto are "
        + "read"
    ),
    ("gptq", "it needs activations to compensate errors, which are not gathered yet"),
    ("awq", "it needs activations to choose its scales, which are not gathered yet"),
    (
      "comfyui:convrot_w4a4",
      "its four bits a row lose half as much again as groups of 64 do; comfyui:int8-convrot rotates "
        + "weights of eight"
    ),
  ]
}
