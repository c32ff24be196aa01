public import Images
internal import MMDiT
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

/// Writes a golden set while its runs are made, tensors in any order.
///
/// The tensors go to their place in the file as they come, so memory holds none of them. The file
/// gets its name when every tensor is there, then the document beside it is written, which makes
/// the two a set; dropped before that, nothing is left.
public struct GoldenSetWriter: ~Copyable, Sendable {
  public let path: String
  private let documentPath: String
  private let document: JSONValue
  private let tensors: SafetensorsWriter

  private init(
    path: String, documentPath: String, document: JSONValue, tensors: consuming SafetensorsWriter
  ) {
    self.path = path
    self.documentPath = documentPath
    self.document = document
    self.tensors = tensors
  }

  /// Reserves the space of a set whose tensors will lie at `path`, a name that ends in
  /// `.safetensors`.
  ///
  /// Throws `GoldenFailure` for another name, for ids that occur twice and for a reference to a run
  /// that is not there, and what the storage throws.
  public static func create(_ path: String, _ plan: GoldenSetPlan) throws -> GoldenSetWriter {
    let documentPath = try GoldenSet.documentPath(of: path)
    return GoldenSetWriter(
      path: path, documentPath: documentPath, document: plan.document,
      tensors: try SafetensorsWriter.create(path, layout: plan.layout(path: path)))
  }

  /// Writes a tensor of a run; of one with steps, that step.
  public func write(
    _ values: [Float], to tensor: GoldenTensor, of id: String, step: Int = 0
  ) throws {
    try write(values, named: tensor.name(of: id), offset: 4 * step * values.count)
  }

  /// Writes the picture of a run.
  public func write(_ image: Image, of id: String) throws {
    let pixels = image.pixels
    try tensors.write(pixels.rawBytes, of: GoldenTensor.image.name(of: id), at: 0)
  }

  /// Writes an embedding of the negative prompt, for runs with so many text tokens.
  public func write(negativeText values: [Float], tokenCount: Int) throws {
    try write(values, named: GoldenTensor.negativeText(tokenCount: tokenCount), offset: 0)
  }

  /// Writes everything that a run has, but for the negative prompt.
  public func write(_ run: GoldenRun) throws {
    let id = run.golden.id
    try write(run.text, to: .text, of: id)
    try write(run.noise, to: .noise, of: id)
    try write(run.sigmas, to: .sigmas, of: id)
    for (step, velocity) in run.velocities.enumerated() {
      try write(velocity, to: .velocity, of: id, step: step)
    }
    for (step, velocity) in (run.negativeVelocities ?? []).enumerated() {
      try write(velocity, to: .negativeVelocity, of: id, step: step)
    }
    for reference in run.references {
      try write(reference.tokens, to: .referenceTokens, of: id)
    }
    if let latents = run.decoderLatents { try write(latents, to: .decoderLatents, of: id) }
    if let image = run.image { try write(image, of: id) }
  }

  private func write(_ values: [Float], named name: String, offset: Int) throws {
    var bytes = [UInt8](repeating: 0, count: 4 * values.count)
    var output = bytes.mutableSpan
    encodeElements(values.span, as: .float32, into: &output)
    try tensors.write(bytes.rawBytes, of: name, at: offset)
  }

  /// Finishes the set; throws, and leaves none, when bytes of a tensor are missing.
  public consuming func commit() throws {
    let (documentPath, text) = (documentPath, document.pretty() + "\n")
    try tensors.commit()
    try AtomicFile.write(Array(text.utf8).rawBytes, to: documentPath)
  }
}
