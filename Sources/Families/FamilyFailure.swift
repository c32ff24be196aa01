public import Failures
public import Tensors

/// A checkpoint that is not what it should be.
public enum FamilyFailure: DiagnosedFailure, Equatable {
  /// No family has these names.
  case unrecognized(origin: String, sample: [String], nearest: NearestFamily?)
  /// A component that is not the transformer which a tool runs.
  case notFlux2(origin: String, family: Family)
  /// Weights of the network that the checkpoint lacks.
  case missing(origin: String, names: [String])
  /// Weights that the network does not have.
  case unexpected(origin: String, names: [String])
  /// A weight whose shape contradicts the rest of the checkpoint.
  case wrongShape(origin: String, name: String, expected: Shape, found: Shape)
  /// A source row that no tensor of another layout has, or that two have.
  case unaccounted(origin: String, tensor: String, row: Int)
  /// A number in the configuration that no network can have.
  case badConfiguration(origin: String, reason: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .unrecognized(let origin, let sample, let nearest):
      let found = "\(origin): expected a component of a known family, found "
      guard let nearest else {
        return """
          \(found)names of none: \(Self.list(sample))
          Known are: \(Family.all.map(\.title).joined(separator: ", ")).
          """
      }
      return """
        \(found)names of none
        \(nearest.summary)
        """
    case .notFlux2(let origin, let family):
      return """
        \(origin): expected a FLUX.2 transformer, found a \(family.title)
        It can be inspected, converted and quantized; only FLUX.2 transformers are run.
        """
    case .missing(let origin, let names):
      return """
        \(origin): expected every weight of the network, found \(names.count) missing: \
        \(Self.list(names))
        The download may be incomplete; fetch the missing shards again.
        """
    case .unexpected(let origin, let names):
      return """
        \(origin): expected only weights of the network, found \(names.count) others: \
        \(Self.list(names))
        Nothing is dropped silently; remove them from the checkpoint if they do not belong to it.
        """
    case .wrongShape(let origin, let name, let expected, let found):
      return """
        \(origin): tensor "\(name)": expected shape \(expected), found \(found)
        The configuration and the weights must come from the same model.
        """
    case .unaccounted(let origin, let tensor, let row):
      return """
        \(origin): tensor "\(tensor)": expected every row in one tensor of the target, found row \
        \(row) in none or in two
        This is a mistake in the table of the family; please report it.
        """
    case .badConfiguration(let origin, let reason):
      return "\(origin): \(reason)"
    }
  }

  /// The first few names and how many more there are.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
