public import Failures

/// A candidate that cannot be measured, or nothing to measure it with.
public enum FidelityFailure: DiagnosedFailure, Equatable {
  /// A candidate of another architecture than its reference.
  case otherArchitecture(candidate: String, reference: String)
  /// No golden is left to measure with.
  case nothingToMeasure(path: String)
  /// A reference without the autoencoder that makes pictures.
  case noAutoencoder(path: String)
  /// Two candidates, or two goldens, whose pictures would be one file.
  case sameFile(folder: String, names: [String], file: String)

  public var kind: FailureKind {
    switch self {
    case .nothingToMeasure, .noAutoencoder, .sameFile: .usage
    case .otherArchitecture: .badData
    }
  }

  public var description: String {
    switch self {
    case .otherArchitecture(let candidate, let reference):
      return """
        \(candidate): expected the architecture of \(reference), found another
        Compare a candidate with the model that it was made from.
        """
    case .nothingToMeasure(let path):
      return "\(path): expected at least one golden that can be run, found none"
    case .noAutoencoder(let path):
      return """
        \(path): expected a pipeline folder with the autoencoder that makes pictures, found none
        Give the whole pipeline as the reference, or do without pictures.
        """
    case .sameFile(let folder, let names, let file):
      return """
        \(folder): expected a file name of its own for each picture, found "\(file)" for \
        \(names.map { "\"\($0)\"" }.joined(separator: " and "))
        Give the candidates' files other names.
        """
    }
  }
}
