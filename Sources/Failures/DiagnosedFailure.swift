/// Whose turn it is after a failure; decides the exit code.
public enum FailureKind: Sendable {
  /// The request cannot be carried out as written.
  case usage
  /// A file's content is wrong or not supported.
  case badData
  /// The disk has no room for an output.
  case noSpace
  /// The operating system refused: no such file, no permission.
  case inputOutput
}

/// An error that tells a person where it is, what was expected, what was found and what to do.
///
/// `description` reads `FILE: SUBJECT: what was expected, what was found`; a second line, when there
/// is one, says what to do.
public protocol DiagnosedFailure: Error, CustomStringConvertible {
  var kind: FailureKind { get }
}
