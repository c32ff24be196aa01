public import Failures

/// What is wrong with a picture, or with what is asked of it.
public enum ImageFailure: DiagnosedFailure, Equatable {
  /// A file that is not a PNG file, or a damaged one.
  case malformed(path: String, subject: String, expected: String, found: String)
  /// More pixels than `PNGHeader.largestPixelCount`.
  case tooManyPixels(path: String, width: Int, height: Int)
  /// A keyword that the PNG specification does not allow.
  case invalidKeyword(String)
  /// A text that no text chunk can hold: it has U+0000 or more than 2³¹ − 1 bytes.
  case invalidText(keyword: String)
  /// A reference picture with a side below the smallest one.
  case referenceTooSmall(width: Int, height: Int, smallestSide: Int)
  /// A reference picture that is more than so many times as long as it is wide, or the reverse.
  case referenceTooLong(width: Int, height: Int, largestRatio: Int)

  public var kind: FailureKind {
    switch self {
    case .malformed, .tooManyPixels, .referenceTooSmall, .referenceTooLong: .badData
    case .invalidKeyword, .invalidText: .usage
    }
  }

  public var description: String {
    switch self {
    case .malformed(let path, let subject, let expected, let found):
      return """
        \(path): \(subject): expected \(expected), found \(found)
        The picture is damaged or not a PNG file; make it again with another program.
        """
    case .tooManyPixels(let path, let width, let height):
      return """
        \(path): size: expected at most \(PNGHeader.largestPixelCount) pixels, found \(width) × \
        \(height)
        Make the picture smaller.
        """
    case .invalidKeyword(let keyword):
      return """
        PNG text: keyword "\(keyword)": expected 1 to 79 printable Latin-1 characters without \
        leading, trailing or double spaces
        """
    case .invalidText(let keyword):
      return """
        PNG text: "\(keyword)": expected a text without U+0000 and below 2 GiB, found another
        """
    case .referenceTooSmall(let width, let height, let smallestSide):
      return """
        reference picture: size: expected sides of at least \(smallestSide) pixels, found \
        \(width) × \(height)
        """
    case .referenceTooLong(let width, let height, let largestRatio):
      return """
        reference picture: size: expected sides whose ratio is at most \(largestRatio), found \
        \(width) × \(height)
        Crop the picture.
        """
    }
  }
}
