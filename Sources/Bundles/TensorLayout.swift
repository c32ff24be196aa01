internal import Quantization
public import Tensors

/// The segments of a tensor and the bytes that each spends on a row; formats/bundle.md, section
/// "Tensors".
public struct TensorLayout: Hashable, Sendable {
  /// One segment before it has a place.
  public struct Segment: Hashable, Sendable {
    public let kind: SegmentKind
    public let rowStride: Int
  }

  public let rows: Int
  public let segments: [Segment]

  /// Nil when the sizes overflow, which only a damaged header can bring about.
  public init?(shape: Shape, encoding: BundleEncoding) {
    rows = shape.rows
    let columns = shape.columns
    var segments: [Segment] = []
    switch encoding {
    case .plain(let type):
      guard let stride = type.byteCount(of: columns) else { return nil }
      segments.append(Segment(kind: .values, rowStride: stride))
    case .quantized(let scheme):
      guard scheme.segmentByteCounts(rows: rows, columns: columns) != nil else { return nil }
      segments.append(Segment(kind: .codes, rowStride: scheme.codeBytesPerRow(columns: columns)))
      segments.append(Segment(kind: .scales, rowStride: scheme.scaleBytesPerRow(columns: columns)))
      if scheme.symmetry == .asymmetric {
        segments.append(
          Segment(kind: .zeroPoints, rowStride: scheme.zeroPointBytesPerRow(columns: columns)))
      }
    }
    for segment in segments
    where rows.multipliedReportingOverflow(by: segment.rowStride).overflow { return nil }
    self.segments = segments
  }

  /// The bytes of all segments of the whole tensor, not compressed.
  public var byteCount: Int { segments.reduce(0) { $0 + rows * $1.rowStride } }
}
