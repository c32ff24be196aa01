public import Failures
internal import StrictJSON

/// A pipeline that cannot render, or a request that it cannot fulfil.
public enum RenderingFailure: DiagnosedFailure, Equatable {
  /// A path without a pipeline's index.
  case notAPipeline(path: String)
  /// A pipeline of a class that is run differently.
  case unknownPipeline(path: String, expected: [String], found: String)
  /// A part of the pipeline that is not there.
  case missingPart(path: String, name: String)
  /// A part that is another network than its place asks for.
  case wrongPart(path: String, name: String, expected: String, found: String)
  /// Components whose widths do not fit each other.
  case unfitting(path: String, subject: String, expected: String, found: String)
  /// A scheduler that makes other noise levels than FLUX.2's.
  case unknownScheduler(path: String, setting: String, expected: String, found: String)
  /// An option that cannot be fulfilled.
  case request(subject: String, expected: String, found: String)
  /// Noise in a file that does not fit.
  case noise(path: String, expected: String, found: String)

  public var kind: FailureKind {
    switch self {
    case .notAPipeline, .request: .usage
    default: .badData
    }
  }

  public var description: String {
    switch self {
    case .notAPipeline(let path):
      """
      \(path): expected a pipeline folder with model_index.json, found none
      Give the whole pipeline; other weights for one of its parts are named by --weights.
      """
    case .unknownPipeline(let path, let expected, let found):
      """
      \(path)/model_index.json: _class_name: expected \(expected.joined(separator: " or ")), found \
      \(found.quotedForMessage)
      """
    case .missingPart(let path, let name):
      """
      \(path): \(name): expected the part of the pipeline in a folder of that name, found none
      Fetch the whole pipeline.
      """
    case .wrongPart(let path, let name, let expected, let found):
      "\(path): \(name): expected \(expected), found \(found)"
    case .unfitting(let path, let subject, let expected, let found):
      """
      \(path): \(subject): expected \(expected), found \(found)
      The parts belong to different models; take all of them from one.
      """
    case .unknownScheduler(let path, let setting, let expected, let found):
      """
      \(path): \(setting.quotedForMessage): expected \(expected), found \(found)
      Only the schedule of FLUX.2 is known here; give noise levels by --sigmas.
      """
    case .request(let subject, let expected, let found):
      "\(subject): expected \(expected), found \(found)"
    case .noise(let path, let expected, let found):
      """
      \(path): noise: expected \(expected), found \(found)
      The initial latents are one token of all channels for each 16 × 16 pixels.
      """
    }
  }
}
