public import Codecs
public import Tensors

/// How a tensor is stored in an exported file.
public enum TensorStorage: Sendable {
  /// The values themselves.
  case plain(ElementType)
  /// Codes in one array or several.
  case coded(any MatrixCodec)

  /// For people and documents: `BF16`, `NF4 blocks of 64`.
  public var description: String {
    switch self {
    case .plain(let type): type.rawValue
    case .coded(let codec): codec.description
    }
  }

  public var isCoded: Bool {
    if case .coded = self { true } else { false }
  }

  /// The bytes that a tensor takes, all arrays together.
  func byteCount(of shape: Shape) -> Int {
    switch self {
    case .plain(let type):
      guard let count = type.byteCount(of: shape.count) else {
        preconditionFailure("\(type.rawValue) elements that do not fill bytes")
      }
      return count
    case .coded(let codec): return codec.byteCount(of: shape)
    }
  }

  /// By how much a stored value may differ from its source, as a share of the largest magnitude in
  /// its row, or of the matrix when rows share scales (`MatrixCodec.errorBound`).
  ///
  /// Plain types round to nearest: half a unit in the last place of a value, which is at most the
  /// largest of its row.
  var errorBound: Float {
    switch self {
    case .plain(let type):
      switch type {
      case .bfloat16: 0x1p-8
      case .float16: 0x1p-11
      default: 0x1p-24
      }
    case .coded(let codec): codec.errorBound
    }
  }

  /// The same for one row, whose values may tell more.
  func errorBound(ofRow values: Span<Float>) -> Float {
    if case .coded(let codec) = self { codec.errorBound(ofRow: values) } else { errorBound }
  }

  /// By how much more, in the unit of the values: float16 has steps of 2⁻²⁴ below its normal numbers.
  var smallErrorBound: Float {
    switch self {
    case .plain(let type): type == .float16 ? 0x1p-25 : 0
    case .coded(let codec): codec.smallErrorBound
    }
  }

  /// The rows that are stored together.
  func unitRows(columns: Int) -> Int {
    if case .coded(let codec) = self { codec.unitRows(columns: columns) } else { 1 }
  }

  /// Whether rows of a matrix share scales, so that what is lost in one depends on others.
  func sharesScales(columns: Int) -> Bool {
    guard case .coded(let codec) = self else { return false }
    return codec.survey != .none || codec.unitRows(columns: columns) > 1
  }
}
