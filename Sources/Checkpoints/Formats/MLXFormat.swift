internal import Codecs
internal import Safetensors
internal import StrictJSON
internal import Tensors

/// The affine codes of MLX: `weight` U32, `scales` and `biases`, `[rows, columns / group]`.
///
/// Bits and group follow from the shapes only together, so a document has to tell them: the
/// `quantization` of `config.json`, or the `quantization_level` of mflux, whose groups are of 64.
enum MLXFormat: CodeFormat {
  static let anchors = ["scales"]

  private static let groupSizes = [32, 64, 128]
  private static let widths = [2, 3, 4, 5, 6, 8]
  private static let mfluxGroupSize = 64

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    guard layer.tensor("weight")?.elementType == .uint32 else { return nil }
    let scales = try layer.required("scales")
    guard layer.tensor("biases") != nil else {
      throw layer.unsupported(
        "scales", "MLX codes without biases (mxfp4, mxfp8, nvfp4)",
        "only affine codes are: versions of MLX differ in the others' scales")
    }
    let words = try layer.matrix("weight", [.uint32]).shape
    _ = try layer.matrix("scales", scaleTypes)
    let (bits, groupSize) = try form(of: layer, words: words, groups: scales.shape)
    // The words are in the file, so their bits do not overflow.
    guard scales.shape.rows == words.rows,
      scales.shape.columns * groupSize * bits == words.columns * 32
    else {
      throw layer.bad(
        "scales",
        "[\(words.rows), \(words.columns * 32 / bits / groupSize)], as \(bits)-bit codes in groups "
          + "of \(groupSize) have", scales.shape.description)
    }
    let shape = Shape([words.rows, words.columns * 32 / bits])
    let codec = AffineCodec(bits: bits, groupSize: groupSize, scaleType: scales.elementType)
    return .matrix(try layer.matrix(codec, shape))
  }

  private static func form(
    of layer: StoredLayer, words: Shape, groups: Shape
  ) throws -> (bits: Int, groupSize: Int) {
    if let field = try layer.settings.configuration?.optional("quantization") {
      let own = try field.optional(layer.name)
      let place = own.map { if case .object = $0.value { $0 } else { field } } ?? field
      if let mode = try place.optional("mode")?.string(), mode != "affine" {
        throw layer.unsupported("scales", "MLX codes of mode \(mode)", "only affine codes are")
      }
      return (
        try choice(place["bits"], among: widths), try choice(place["group_size"], among: groupSizes)
      )
    }
    if let level = layer.settings.metadata("quantization_level") {
      guard let bits = Int(level), widths.contains(bits) else {
        throw layer.bad(
          "weight", "a quantization_level of 2, 3, 4, 5, 6 or 8 in the metadata", level)
      }
      return (bits, mfluxGroupSize)
    }
    let fitting = widths.flatMap { bits in groupSizes.map { (bits, $0) } }
      .filter { groups.columns * $0.1 * $0.0 == words.columns * 32 }
    guard fitting.count == 1 else {
      let choices = fitting.map { "\($0.0) bits in groups of \($0.1)" }
      throw layer.bad(
        "scales",
        "a config.json beside the file whose \"quantization\" has \"bits\" and \"group_size\"",
        choices.isEmpty
          ? "a shape that fits none: \(groups)"
          : "only shapes, which fit "
            + choices.joined(separator: " and "))
    }
    return fitting[0]
  }

  private static func choice(
    _ field: JSONField, among choices: [Int]
  ) throws(JSONFailure) -> Int {
    let value = try field.integer()
    guard choices.contains(value) else {
      throw field.failure(
        expected: "one of \(choices.map(String.init).joined(separator: ", "))",
        found: String(value))
    }
    return value
  }
}
