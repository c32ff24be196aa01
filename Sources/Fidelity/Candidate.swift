internal import Bundles
internal import Checkpoints
public import Families
internal import Storage
public import Recipes
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

  /// Opens a bundle, a pipeline folder, a transformer folder or a safetensors file.
  ///
  /// Without a name it is called by its file's name without extension.
  public static func open(_ path: String, name: String? = nil) throws -> Candidate {
    let fileName = FileSystem.name(of: path)
    let name = name ?? fileName.split(separator: ".").first.map(String.init) ?? fileName
    guard FileSystem.kind(of: path) == .file, try Bundle.isBundle(path) else {
      let checkpoint = try Checkpoint.open(path)
      return Candidate(name: name, path: path, weights: checkpoint.weights, recipe: nil)
    }
    let bundle = try Bundle.open(path)
    return Candidate(
      name: name, path: path, weights: try bundle.canonicalWeights(),
      recipe: bundle.header.recipe)
  }

  /// The bits that its files spend on each weight, scales and zero points included.
  public var bitsPerWeight: Double { weights.weights.bitsPerWeight }
}
