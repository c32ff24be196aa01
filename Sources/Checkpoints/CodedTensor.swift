public import Tensors

/// How a weight that is stored as 8-bit codes becomes values: each is
///
///     float32(code) · scale
///
/// rounded to float32 once. Of a rotated weight the codes are first turned back, which is exact
/// (`turnBack`).
public struct CodedTensor: Hashable, Sendable {
  /// What shares one scale.
  public enum ScaleLayout: Hashable, Sendable {
    /// Codes that are values as they are.
    case none
    case tensor
    case row
  }

  public let name: String
  /// `int8`, `float8E4M3` or `float8E5M2`.
  public let codeType: ElementType
  public let scaleLayout: ScaleLayout
  /// The tensor that holds the scales, nil without any.
  public let scaleName: String?
  /// What a stored scale is divided by: 127 where the largest magnitude of a row is stored.
  public let scaleDivisor: Float
  /// How many columns a rotation has mixed, nil without one.
  public let rotationSize: Int?
  /// The tensors that belong to this one, in the order of the file.
  public let companions: [String]

  /// For people: `F8_E4M3 with one scale`.
  public var encoding: String {
    var text = codeType.rawValue
    if let rotationSize { text += " rotated by \(rotationSize)" }
    switch scaleLayout {
    case .none: return text
    case .tensor: return text + " with one scale"
    case .row: return text + " with one scale a row"
    }
  }
}
