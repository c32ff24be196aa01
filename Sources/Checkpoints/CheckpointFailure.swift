public import Failures
internal import Families
internal import StrictJSON

/// A path that leads to other weights than were meant, or codes that cannot be read as values.
public enum CheckpointFailure: DiagnosedFailure, Equatable {
  /// One component was expected.
  case severalComponents(path: String, found: [String])
  /// A way of storing codes that is recognised, not decoded; so many tensors tell of it.
  case unsupportedFormat(
    file: String, tensor: String, format: String, reason: String, tensorCount: Int)
  /// Codes without a tensor that belongs to them.
  case withoutPart(file: String, tensor: String, weight: String)
  /// A scale or marker without the weight that it belongs to.
  case withoutWeight(file: String, tensor: String, weight: String)
  /// Integers that nothing says the scale of.
  case withoutScale(file: String, tensor: String, type: String, expected: [String])
  /// A scale or marker that does not fit its weight, or contradicts another.
  case badCompanion(file: String, tensor: String, weight: String, expected: String, found: String)
  /// A language model of an architecture that is not read under llama.cpp's names.
  case namesOfLlama(file: String, tensor: String, architecture: String?)
  /// A tensor that llama.cpp's networks of the architecture do not have.
  case unknownNameOfLlama(file: String, tensor: String, architecture: String)

  public var kind: FailureKind {
    if case .severalComponents = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .severalComponents(let path, let found):
      return """
        \(path): expected one component or one transformer, found \(found.joined(separator: ", "))
        Convert the file to a folder first; then name one of the components.
        """
    case .unsupportedFormat(let file, let tensor, let format, let reason, let count):
      let more = count > 1 ? " (and \(count - 1) more like it)" : ""
      return """
        \(file): tensor \(tensor.quotedForMessage)\(more): expected plain values, or codes that \
        are read, found \(format): \(reason)
        Use the unquantized checkpoint that it was made from.
        """
    case .withoutPart(let file, let tensor, let weight):
      return """
        \(file): tensor \(tensor.quotedForMessage) of weight \(weight.quotedForMessage): expected \
        it beside the codes, found none
        The download may be incomplete; fetch the missing shards again.
        """
    case .withoutWeight(let file, let tensor, let weight):
      return """
        \(file): tensor \(tensor.quotedForMessage): expected its weight \(weight.quotedForMessage), \
        found none
        The download may be incomplete; fetch the missing shards again.
        """
    case .withoutScale(let file, let tensor, let type, let expected):
      return """
        \(file): tensor \(tensor.quotedForMessage): expected a scale for its \(type) codes in \
        \(expected.map(\.quotedForMessage).joined(separator: " or ")), found none
        Without their scale codes are no values; use the unquantized checkpoint, or the whole file.
        """
    case .badCompanion(let file, let tensor, let weight, let expected, let found):
      return """
        \(file): tensor \(tensor.quotedForMessage) of weight \(weight.quotedForMessage): expected \
        \(expected), found \(found)
        The file is damaged or its program stores codes in another way; use the unquantized checkpoint.
        """
    case .namesOfLlama(let file, let tensor, let architecture):
      let found = architecture.map { "those of \($0.quotedForMessage)" } ?? "no architecture"
      return """
        \(file): tensor \(tensor.quotedForMessage): expected names of a diffusion model or, of \
        llama.cpp's, those of \(Self.readArchitectures), found \(found)
        Others may have rows in another order; use the safetensors checkpoint that it was made from.
        """
    case .unknownNameOfLlama(let file, let tensor, let architecture):
      return """
        \(file): tensor \(tensor.quotedForMessage): expected tensors of llama.cpp's \
        \(architecture.quotedForMessage), found one that it does not have
        Nothing is dropped silently; use the safetensors checkpoint that it was made from.
        """
    }
  }

  private static let readArchitectures = LlamaModel.all.map(\.architecture.quotedForMessage)
    .joined(separator: ", ")
}
