internal import Bundles
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

  /// Opens a bundle, a pipeline folder, a transformer folder, a safetensors or GGUF file.
  ///
  /// Without a name it is called by its file's name without `.mmdit`, `.safetensors` or `.gguf`.
  public static func open(_ path: String, name: String? = nil) throws -> Candidate {
    let fileName = FileSystem.name(of: path)
    let ending = [".mmdit", ".safetensors", ".gguf"].first { fileName.hasSuffix($0) } ?? ""
    let name = name ?? String(fileName.dropLast(ending.count))
    let component = try OpenedComponent.open(path)
    return Candidate(
      name: name, path: path, weights: component.weights, recipe: component.recipe)
  }

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
