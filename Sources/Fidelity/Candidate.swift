internal import Bundles
internal import Checkpoints
public import Families
internal import MMDiT
public import Recipes
internal import Storage
internal import Tensors

/// A model that is measured: the reference itself, a bundle, or a converted checkpoint.
public struct Candidate: Sendable {
  /// How reports call it.
  public let name: String
  public let path: String
  public let weights: CanonicalWeights
  /// The recipe a bundle carries; nil for a checkpoint.
  public let recipe: Recipe?

  public init(name: String, path: String, weights: CanonicalWeights, recipe: Recipe?) {
    self.name = name
    self.path = path
    self.weights = weights
    self.recipe = recipe
  }

  /// Opens a bundle, a pipeline folder, a transformer folder, a safetensors or GGUF file; of a pipeline
  /// whose transformer is a bundle, the bundle.
  ///
  /// Without a name it is called by its file's name without `.mmdit`, `.safetensors` or `.gguf`.
  public static func open(_ path: String, name: String? = nil) throws -> Candidate {
    let fileName = FileSystem.name(of: path)
    let ending = [".mmdit", ".safetensors", ".gguf"].first { fileName.hasSuffix($0) } ?? ""
    let name = name ?? String(fileName.dropLast(ending.count))
    let bundlePath = Pipeline.isPipeline(path) ? FileSystem.path(path, transformerBundle) : path
    guard FileSystem.kind(of: bundlePath) == .file, try Bundle.isBundle(bundlePath) else {
      let checkpoint = try Checkpoint.open(path)
      return Candidate(name: name, path: path, weights: checkpoint.weights, recipe: nil)
    }
    let bundle = try Bundle.open(bundlePath)
    return Candidate(
      name: name, path: path, weights: try bundle.canonicalWeights(),
      recipe: bundle.header.recipe)
  }

  /// Where `mmdit-quantize` puts the transformer of a pipeline.
  private static let transformerBundle = FileSystem.path(
    "transformer", Family.flux2.fileStem + ".mmdit")

  /// Opens several, each under a name of its own: where two files have the same name, their paths
  /// tell them apart. The name `reference` is the reference's.
  public static func open(_ paths: [String]) throws -> [Candidate] {
    let candidates = try paths.map { try open($0) }
    return candidates.map { candidate in
      let isAmbiguous =
        candidate.name == "reference" || candidates.count { $0.name == candidate.name } > 1
      return isAmbiguous
        ? Candidate(
          name: candidate.path, path: candidate.path, weights: candidate.weights,
          recipe: candidate.recipe) : candidate
    }
  }

  /// The bits that its files spend on each weight, scales and zero points included.
  public var bitsPerWeight: Double { weights.weights.bitsPerWeight }

  /// The bytes of its weights in its files.
  public var storedByteCount: Int { weights.weights.storedByteCount }

  /// The network over its weights.
  func transformer() throws -> Transformer {
    try Transformer(configuration: weights.flux2(), weights: weights)
  }
}

extension Transformer {
  /// The memory that a pass takes for each token of its batch, in bytes (`velocities`).
  var activationBytesPerToken: Int {
    MemoryLayout<Float>.stride
      * (6 * configuration.width + 3 * configuration.feedForwardSize + configuration.headSize)
  }
}
