public import Tensors

/// A tensor with its bytes as a file has them, for tests that write codes and their scales.
public struct StoredTensor: Sendable {
  public var name: String
  public var type: ElementType
  public var extents: [Int]
  public var bytes: [UInt8]

  public init(_ name: String, _ type: ElementType, _ extents: [Int], _ bytes: [UInt8]) {
    self.name = name
    self.type = type
    self.extents = extents
    self.bytes = bytes
  }

  /// A tensor of float32 values.
  public init(_ name: String, _ extents: [Int], float32 values: [Float]) {
    self.init(name, .float32, extents, values.flatMap { littleEndian($0.bitPattern) })
  }

  /// A tensor of float64 values.
  public init(_ name: String, _ extents: [Int], float64 values: [Double]) {
    self.init(name, .float64, extents, values.flatMap { littleEndian($0.bitPattern) })
  }

  /// A matrix of signed codes.
  public init(_ name: String, _ extents: [Int], codes: [Int8]) {
    self.init(name, .int8, extents, codes.map { UInt8(bitPattern: $0) })
  }

  /// A text in a U8 tensor, as markers are stored.
  public init(_ name: String, text: String) {
    self.init(name, .uint8, [text.utf8.count], Array(text.utf8))
  }
}

private func littleEndian<Bits: FixedWidthInteger>(_ bits: Bits) -> [UInt8] {
  (0..<Bits.bitWidth / 8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
}
