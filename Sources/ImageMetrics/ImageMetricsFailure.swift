public import Failures
internal import Images

/// Why two pictures cannot be compared.
public enum ImageMetricsFailure: DiagnosedFailure, Equatable {
  case unequalSizes(width: Int, height: Int, otherWidth: Int, otherHeight: Int)
  /// Pixels per degree that are not a number from 1 to 2000.
  case pixelsPerDegree(Double)

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .unequalSizes(let width, let height, let otherWidth, let otherHeight):
      """
      pictures: size: expected \(width) × \(height) pixels as the first has, found \
      \(otherWidth) × \(otherHeight)
      Compare pictures of one size.
      """
    case .pixelsPerDegree(let value):
      "FLIP: pixels per degree: expected a number from 1 to 2000, found \(value)"
    }
  }

  /// Throws when two pictures have different sizes.
  static func check(_ a: Image, _ b: Image) throws(ImageMetricsFailure) {
    guard a.width == b.width, a.height == b.height else {
      throw .unequalSizes(
        width: a.width, height: a.height, otherWidth: b.width, otherHeight: b.height)
    }
  }
}
