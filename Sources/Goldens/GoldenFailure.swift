public import Failures
public import Tensors

/// Why a golden set cannot be read or written.
public enum GoldenFailure: DiagnosedFailure, Equatable {
  case notAGoldenSet(path: String)
  case missingTensor(path: String, name: String)
  case wrongShape(path: String, name: String, expected: Shape, found: Shape)
  /// A tensor whose elements are of another type: `encoding` is how the file stores it.
  case wrongType(path: String, name: String, expected: String, found: String)
  /// A value that is infinite or undefined, at its position in the tensor.
  case notFinite(path: String, name: String, position: Int, found: String)
  case unknownGolden(path: String, id: String, known: [String])
  /// Runs that cannot lie in one set under the names they have.
  case nameTwice(path: String, name: String)

  public var kind: FailureKind {
    switch self {
    case .unknownGolden, .nameTwice: .usage
    case .notAGoldenSet, .missingTensor, .wrongShape, .wrongType, .notFinite: .badData
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
    case .wrongType(let path, let name, let expected, let found):
      return "\(path): tensor \"\(name)\": expected \(expected) values, found \(found)"
    case .notFinite(let path, let name, let position, let found):
      return """
        \(path): tensor "\(name)": value \(position): expected a finite number, found \(found)
        The recording went wrong or the file is damaged; record it again.
        """
    case .unknownGolden(let path, let id, let known):
      return """
        \(path): golden "\(id)": expected one of the set, found no such id
        The set has \(known.joined(separator: ", ")).
        """
    case .nameTwice(let path, let name):
      return """
        \(path): "\(name)": expected distinct names, found it twice
        The id of a run is the beginning of its tensors' names.
        """
    }
  }
}
