public import Quantization
public import Tensors

/// How a runtime stores a matrix `[rows, columns]` as codes: in which arrays, and how values and
/// their bytes become each other.
///
/// A codec knows neither files nor names: whoever writes gives it rows of values and puts the bytes
/// where they belong, whoever reads gives it the bytes. Rows that are coded together are a *unit*;
/// every range of rows below begins at a unit and ends at one or with the matrix, so that ranges can
/// be coded in any order, on any number of threads, to the same bytes.
public protocol MatrixCodec: Sendable {
  /// What people call it, as in `NF4 blocks of 64`.
  var description: String { get }

  /// What the codec expects of a matrix that this shape does not have, `columns that are a multiple
  /// of 256`; nil when it can hold the matrix.
  func objection(to shape: Shape) -> String?

  /// The arrays that together hold the matrix, in the order in which they are given and taken.
  func arrays(of shape: Shape) -> [CodeArray]

  /// The rows that are coded together.
  func unitRows(columns: Int) -> Int

  /// What has to be known of all values before the first row is encoded.
  var survey: MatrixSurvey.Extent { get }

  /// The bytes of the arrays that do not belong to rows, in the order of `arrays`.
  func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]]

  /// Encodes rows; gives their bytes of every array that belongs to rows, in the order of `arrays`.
  ///
  /// `values` holds `rows.count × columns` values, row-major. Throws for a value that has no code.
  func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]]

  /// Decodes rows: `bytes` has those rows of every array that belongs to rows, and the others whole,
  /// in the order of `arrays`. Throws for bytes that mean nothing.
  func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure)

  /// By how much a decoded value can differ from the encoded one, as a share of the largest
  /// magnitude in its unit of rows (in the matrix, when there is a survey of it). Derived where it is
  /// declared; what is written is checked against it.
  var errorBound: Float { get }

  /// By how much more it can differ, in the unit of the values: where scales are stored in a type
  /// that has few small numbers.
  var smallErrorBound: Float { get }

  /// The same for the values of one row, where they tell more than that there is a largest.
  func errorBound(ofRow values: Span<Float>) -> Float
}

extension MatrixCodec {
  public func objection(to shape: Shape) -> String? {
    shape.extents.count == 2 ? nil : "a matrix"
  }
  public func unitRows(columns: Int) -> Int { 1 }
  public var survey: MatrixSurvey.Extent { .none }
  public var smallErrorBound: Float { 0 }
  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] { [] }
  public func errorBound(ofRow values: Span<Float>) -> Float { errorBound }

  /// The bytes that a matrix takes, all arrays together.
  public func byteCount(of shape: Shape) -> Int {
    arrays(of: shape).reduce(0) { $0 + $1.byteCount }
  }

  /// The range of rows that is coded with these, which begins at a unit and ends at one or with the
  /// matrix.
  public func units(around rows: Range<Int>, of shape: Shape) -> Range<Int> {
    let unit = unitRows(columns: shape.columns)
    return rows.lowerBound / unit
      * unit..<min(shape.rows, (rows.upperBound + unit - 1) / unit * unit)
  }
}

/// A codec whose codes are integer levels with scales, so that it may hold the codes and scales of a
/// `Scheme` as they are.
public protocol LevelCodec: MatrixCodec {
  /// Whether every level and every scale of a matrix in this scheme has a place here, so that the
  /// values decoded from both are the same.
  func carries(_ scheme: Scheme, shape: Shape) -> Bool

  /// The bytes of rows of levels q and scales s, whose values are s · q.
  ///
  /// `scales` are row-major, those of the groups of a row one after the other. Gives what `encode`
  /// gives: the bytes of every array that belongs to rows.
  func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]]
}
