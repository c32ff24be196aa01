public import Tensors

/// How a weight that is stored as 8-bit codes becomes values: each is
///
///     float32(code) · scale
///
/// rounded to float32 once. Of a rotated weight the codes are first turned back, which is exact
/// (`turnColumns`).
public struct CodedTensor: Hashable, Sendable {
  /// What shares one scale.
  public enum ScaleLayout: Hashable, Sendable {
    /// Codes that are values as they are.
    case none
    case tensor
    case row
    /// So many consecutive columns of a row, which divide it; the scales of a row are consecutive.
    case group(columnCount: Int)
  }

  public let name: String
  /// The shape of the values, `[rows, columns]` where the codes have an axis for the groups.
  public let shape: Shape
  /// The tensor that holds the codes: the weight itself unless the format has other names.
  public let codesName: String
  /// `int8`, `float8E4M3` or `float8E5M2`.
  public let codeType: ElementType
  public let scaleLayout: ScaleLayout
  /// The tensor that holds the scales, nil without any.
  public let scaleName: String?
  /// What a stored scale is divided by: 127 where the largest magnitude of a row is stored.
  public let scaleDivisor: Float
  /// How many columns a rotation has mixed, nil without one.
  public let rotationSize: Int?
  /// Codes of zero, which must be 0, as many as scales; nil where the format has none.
  public let zeroPointName: String?
  /// What is added to the values, nil for nothing.
  public let lowRank: LowRankTerm?
  /// The tensors that belong to this one, in the order of the file.
  public let companions: [String]

  init(
    name: String, shape: Shape, codesName: String? = nil, codeType: ElementType,
    scaleLayout: ScaleLayout, scaleName: String?, scaleDivisor: Float = 1,
    rotationSize: Int? = nil, zeroPointName: String? = nil, lowRank: LowRankTerm? = nil,
    companions: [String]
  ) {
    self.name = name
    self.shape = shape
    self.codesName = codesName ?? name
    self.codeType = codeType
    self.scaleLayout = scaleLayout
    self.scaleName = scaleName
    self.scaleDivisor = scaleDivisor
    self.rotationSize = rotationSize
    self.zeroPointName = zeroPointName
    self.lowRank = lowRank
    self.companions = companions
  }

  /// For people: `F8_E4M3 with one scale`.
  public var encoding: String {
    var text = codeType.rawValue
    if let rotationSize { text += " rotated by \(rotationSize)" }
    switch scaleLayout {
    case .none: break
    case .tensor: text += " with one scale"
    case .row: text += " with one scale a row"
    case .group(let columnCount): text += " with one scale a group of \(columnCount)"
    }
    if let lowRank { text += " + rank \(lowRank.rank)" }
    return text
  }

  /// How many scales a row has of its own.
  var scalesPerRow: Int {
    switch scaleLayout {
    case .none, .tensor: 0
    case .row: 1
    case .group(let columnCount): shape.columns / columnCount
    }
  }
}
