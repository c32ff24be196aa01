/// What the elements of a matrix are in its file, where products can take them without decoding.
public enum RowCoding: Hashable, Sendable {
  /// Numbers of bfloat16, two bytes each, little-endian.
  case bfloat16
  /// Integers, one byte each in two's complement, times the scale of their row.
  case int8

  /// The bytes of an element.
  public var byteCount: Int { self == .bfloat16 ? 2 : 1 }
}
