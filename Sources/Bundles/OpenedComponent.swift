internal import Checkpoints
public import Families
public import Recipes
internal import Storage

/// One component of a model, whatever holds it: a bundle, or a checkpoint of any format.
public struct OpenedComponent: Sendable {
  /// The path that was named.
  public let path: String
  /// The weights under the suite's names.
  public let weights: CanonicalWeights
  /// The recipe that a bundle carries; nil for a checkpoint.
  public let recipe: Recipe?
  /// The files that hold the weights.
  public let files: [String]

  /// Opens a bundle, the folder of a component, a safetensors or GGUF file; of a pipeline folder the
  /// transformer. A folder may hold a bundle, as `mmdit-quantize` leaves one for each component.
  ///
  /// Throws what opening and validating the file throws, and `BundleFailure.severalBundles` for a
  /// folder with more than one.
  public static func open(_ path: String) throws -> OpenedComponent {
    let folder = Pipeline.isPipeline(path) ? FileSystem.path(path, "transformer") : path
    if let file = try bundle(at: folder) {
      let bundle = try Bundle.open(file)
      return OpenedComponent(
        path: path, weights: try bundle.canonicalWeights(), recipe: bundle.header.recipe,
        files: [file])
    }
    let checkpoint = try Checkpoint.open(path)
    return OpenedComponent(
      path: path, weights: checkpoint.weights, recipe: nil, files: checkpoint.files)
  }

  /// The bundle that stands at a path or in the folder there.
  private static func bundle(at path: String) throws -> String? {
    switch FileSystem.kind(of: path) {
    case .file: return try Bundle.isBundle(path) ? path : nil
    case .folder:
      let bundles = try FileSystem.names(in: path).filter { $0.hasSuffix(".mmdit") }
      guard bundles.count <= 1 else {
        throw BundleFailure.severalBundles(path: path, names: bundles)
      }
      return bundles.first.map { FileSystem.path(path, $0) }
    default: return nil
    }
  }
}
