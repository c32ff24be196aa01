internal import Bundles
public import Families
internal import MMDiT
public import Operations
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
  /// What the products of its blocks are computed in: that of the runtime it is meant for.
  public let arithmetic: Arithmetic

  public init(
    name: String, path: String, weights: CanonicalWeights, recipe: Recipe?,
    arithmetic: Arithmetic = .float32
  ) {
    self.name = name
    self.path = path
    self.weights = weights
    self.recipe = recipe
    self.arithmetic = arithmetic
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

  /// Opens several, each in every arithmetic, under a name of its own: where two files have the same
  /// name, their paths tell them apart; of several arithmetics, those other than float32 stand
  /// behind the name, `int8@bfloat16`. The name `reference` is the reference's.
  ///
  /// The candidates of a file stand together, in the order of the arithmetics.
  public static func open(
    _ paths: [String], in arithmetics: [Arithmetic] = [.float32]
  ) throws -> [Candidate] {
    let files = try paths.map { try open($0) }
    return files.flatMap { file in
      let isAmbiguous = file.name == "reference" || files.count { $0.name == file.name } > 1
      let name = isAmbiguous ? file.path : file.name
      return arithmetics.map { arithmetic in
        Candidate(
          name: arithmetics.count == 1 ? name : arithmetic.qualified(name), path: file.path,
          weights: file.weights, recipe: file.recipe, arithmetic: arithmetic)
      }
    }
  }

  /// The bits that its files spend on each weight, scales and zero points included.
  public var bitsPerWeight: Double { weights.weights.bitsPerWeight }

  /// The bytes of its weights in its files.
  public var storedByteCount: Int { weights.weights.storedByteCount }

  /// The network over its weights, in its arithmetic.
  func transformer() throws -> Transformer {
    try Transformer(configuration: weights.flux2(), weights: weights, arithmetic: arithmetic)
  }
}
