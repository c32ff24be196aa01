public import Failures
public import Tensors

/// A golden set or a candidate that cannot be measured.
public enum FidelityFailure: DiagnosedFailure, Equatable {
  case notAGoldenSet(path: String)
  case missingTensor(path: String, name: String)
  case wrongShape(path: String, name: String, expected: Shape, found: Shape)
  case unknownGolden(path: String, id: String, known: [String])
  /// A candidate of another architecture than its reference.
  case otherArchitecture(candidate: String, reference: String)
  /// No golden is left to measure with.
  case nothingToMeasure(path: String)

  public var kind: FailureKind {
    switch self {
    case .unknownGolden, .nothingToMeasure: .usage
    case .notAGoldenSet, .missingTensor, .wrongShape, .otherArchitecture: .badData
    }
  }

  public var description: String {
    switch self {
    case .notAGoldenSet(let path):
      return """
        \(path): expected the .safetensors file of a golden set, found another name
        The set is a .safetensors file with a .json of the same name beside it.
        """
    case .missingTensor(let path, let name):
      return """
        \(path): tensor "\(name)": expected it in the golden set, found no such tensor
        The tensors of a golden run are listed in formats/golden-set.md.
        """
    case .wrongShape(let path, let name, let expected, let found):
      return "\(path): tensor \"\(name)\": expected shape \(expected), found \(found)"
    case .unknownGolden(let path, let id, let known):
      return """
        \(path): golden "\(id)": expected one of the set, found no such id
        The set has \(known.joined(separator: ", ")).
        """
    case .otherArchitecture(let candidate, let reference):
      return """
        \(candidate): expected the architecture of \(reference), found another
        Compare a candidate with the model that it was made from.
        """
    case .nothingToMeasure(let path):
      return "\(path): expected at least one golden that can be run, found none"
    }
  }
}
