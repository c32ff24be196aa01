public import Autoencoders
public import Bundles
internal import Checkpoints
internal import Families
public import MMDiT
public import Operations
internal import Storage
public import TextEncoders
public import Tokenizers

/// A FLUX.2 pipeline: what turns a prompt into a picture. Text encoder and autoencoder compute in
/// float32, and so does the transformer unless its blocks are asked for in another arithmetic.
///
/// Every part streams its weights, so that memory holds the activations, one block of decoded
/// weights, and nothing that grows with the model.
public struct PicturePipeline: Sendable {
  public let path: String
  public let style: PipelineStyle
  public let tokenizer: Tokenizer
  public let textEncoder: TextEncoder
  public let transformer: Transformer
  public let autoencoder: Autoencoder
  /// The files of the three networks, as they were opened, under the names of their parts.
  public let components: [(name: String, component: OpenedComponent)]

  /// Opens a pipeline folder whose parts are checkpoints or bundles.
  ///
  /// Each path of `weights` replaces the part of its kind: a transformer, text encoder or
  /// autoencoder in any file that can be opened. A replaced part need not be in the folder.
  /// `arithmetic` is that of the transformer's blocks.
  ///
  /// Throws `RenderingFailure` for a folder that is no pipeline of FLUX.2, or whose parts do not fit
  /// each other, and what opening them throws.
  public static func open(
    _ path: String, weights replacements: [String] = [], arithmetic: Arithmetic = .float32
  ) throws -> PicturePipeline {
    guard Pipeline.isPipeline(path) else { throw RenderingFailure.notAPipeline(path: path) }
    let style = try PipelineStyle.of(try Pipeline.open(path))
    try SchedulerDocument.check(pipeline: path)
    var opened: [ComponentKind: OpenedComponent] = [:]
    for replacement in replacements {
      let component = try OpenedComponent.open(replacement)
      opened[component.weights.configuration.family.kind] = component
    }
    func component(_ kind: ComponentKind) throws -> (name: String, component: OpenedComponent) {
      let name = kind.folderName
      if let replacement = opened[kind] { return (name, replacement) }
      let folder = FileSystem.path(path, name)
      guard FileSystem.kind(of: folder) == .folder else {
        throw RenderingFailure.missingPart(path: path, name: name)
      }
      return (name, try OpenedComponent.open(folder))
    }
    let parts = try ComponentKind.allCases.map(component)
    func weights(_ kind: ComponentKind, _ families: [Family]) throws -> CanonicalWeights {
      guard let part = parts.first(where: { $0.name == kind.folderName }) else {
        preconditionFailure("every kind of component was opened")
      }
      let weights = part.component.weights
      let family = weights.configuration.family
      guard families.contains(family) else {
        throw RenderingFailure.wrongPart(
          path: part.component.path, name: part.name,
          expected: families.map(\.title).joined(separator: " or "), found: family.title)
      }
      return weights
    }
    let transformer = try weights(.transformer, [.flux2])
    let textEncoder = try weights(
      .textEncoder, style.promptStyle == .dev ? [.mistral3] : [.qwen3])
    let autoencoder = try weights(.autoencoder, [.flux2Autoencoder])
    let configuration = try transformer.flux2()
    try fit(
      path, "width of the transformer's text input", style.textLayers.count,
      times: textEncoder.configuration.size("width"), found: configuration.textSize)
    try fit(
      path, "channels of the transformer's latent tokens", 4,
      times: autoencoder.configuration.size("latent_channels"),
      found: configuration.inputChannels)
    let tokenizer = FileSystem.path(path, "tokenizer")
    guard FileSystem.kind(of: tokenizer) == .folder else {
      throw RenderingFailure.missingPart(path: path, name: "tokenizer")
    }
    return PicturePipeline(
      path: path, style: style, tokenizer: try Tokenizer.open(tokenizer),
      textEncoder: try TextEncoder(
        configuration: textEncoder.configuration, weights: textEncoder),
      transformer: try Transformer(
        configuration: configuration, weights: transformer, arithmetic: arithmetic),
      autoencoder: try Autoencoder(
        configuration: autoencoder.configuration, weights: autoencoder),
      components: parts)
  }

  private static func fit(
    _ path: String, _ subject: String, _ factor: Int, times size: Int, found: Int
  ) throws(RenderingFailure) {
    guard factor * size == found else {
      throw .unfitting(
        path: path, subject: subject, expected: "\(factor) × \(size)", found: "\(found)")
    }
  }
}
