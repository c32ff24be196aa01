public import Failures
internal import StrictJSON

/// An export that cannot be made, or that did not become what it should.
public enum ExportFailure: DiagnosedFailure, Equatable {
  case unknownTarget(id: String, known: [String])
  /// A target that is known and not written, and why.
  case unsupportedTarget(id: String, reason: String)
  /// A network that the target does not take.
  case unsupportedModel(target: String, path: String, reason: String)
  /// Tensors that the target cannot hold; found before any work.
  case incompatible(target: String, path: String, tensors: [IncompatibleTensor])
  /// The output's name does not fit the target.
  case wrongOutput(path: String, target: String, expected: String)
  case outputIsSource(path: String)
  /// Codes of a bundle that the target cannot hold as they are.
  case cannotCarry(target: String, bundle: String, tensor: String, scheme: String)
  /// The original of a bundle that is not what the bundle was made from.
  case otherSource(source: String, bundle: String, file: String, expected: String, found: String)
  case sourceWithoutBundle(path: String)
  /// Parts of one tensor of the target that the input stores differently.
  case mixedTreatment(target: String, tensor: String, found: [String])
  case cannotEncode(origin: String, tensor: String, reason: String)
  /// What was read back is not what was written.
  case wrongReadBack(target: String, tensor: String, expected: String, found: String)

  public var kind: FailureKind {
    switch self {
    case .unknownTarget, .unsupportedTarget, .unsupportedModel, .wrongOutput, .outputIsSource,
      .cannotCarry, .otherSource, .sourceWithoutBundle, .incompatible:
      .usage
    case .mixedTreatment, .cannotEncode, .wrongReadBack: .badData
    }
  }

  public var description: String {
    switch self {
    case .unknownTarget(let id, let known):
      return """
        --to \(id.quotedForMessage): expected a target, found no such one
        There are \(known.joined(separator: ", ")); mmdit-export --list tells what they are.
        """
    case .unsupportedTarget(let id, let reason):
      return """
        --to \(id.quotedForMessage): not supported, because \(reason)
        mmdit-export --list tells what is written.
        """
    case .unsupportedModel(let target, let path, let reason):
      return """
        \(path): expected a model that \(target) takes, found another: \(reason)
        mmdit-export --list tells what each target takes.
        """
    case .incompatible(let target, let path, let tensors):
      let shown = tensors.prefix(8).map {
        "  \($0.tensor): expected \($0.expected), found \($0.found)"
      }
      let more = tensors.count > shown.count ? ["  and \(tensors.count - shown.count) more"] : []
      return """
        \(path): \(target) cannot hold \(tensors.count) of its tensors
        \((shown + more).joined(separator: "\n"))
        Choose another target; nothing was written.
        """
    case .wrongOutput(let path, let target, let expected):
      return """
        \(path): expected \(expected) for \(target), found another name
        Choose another output.
        """
    case .outputIsSource(let path):
      return """
        \(path): expected an output of its own, found a file that is read
        Choose another output.
        """
    case .cannotCarry(let target, let bundle, let tensor, let scheme):
      return """
        \(bundle): tensor "\(tensor)": expected codes that \(target) can hold as they are, found \
        \(scheme)
        To quantize what is quantized would lose twice: name the unquantized model by --source, or \
        export from it.
        """
    case .otherSource(let source, let bundle, let file, let expected, let found):
      return """
        \(source): expected what \(bundle) was made from, "\(file)" with \(expected), found \(found)
        Name the checkpoint that the bundle's header lists; mmdit-inspect shows it.
        """
    case .sourceWithoutBundle(let path):
      return """
        --source: expected a bundle to be exported, found \(path), whose values are its own
        Leave --source out.
        """
    case .mixedTreatment(let target, let tensor, let found):
      return """
        \(target): expected one way of storing all parts of "\(tensor)", found \
        \(found.joined(separator: " and "))
        Quantize again with a recipe that treats them alike.
        """
    case .cannotEncode(let origin, let tensor, let reason):
      return "\(origin): tensor \"\(tensor)\": \(reason)"
    case .wrongReadBack(let target, let tensor, let expected, let found):
      return """
        \(target): tensor "\(tensor)": expected \(expected) when it is read back, found \(found)
        The output was not kept. This is a fault of mmdit-export, or of the disk or memory.
        """
    }
  }
}
