public import Tensors

/// One of the arrays that together hold a matrix of codes.
public struct CodeArray: Hashable, Sendable {
  /// What belongs to what.
  public enum Extent: Hashable, Sendable {
    /// Every unit of rows has so many bytes, the last one what remains.
    case units(byteCount: Int)
    /// The array belongs to the matrix as a whole.
    case whole
  }

  /// What follows the layer's name and a dot: `weight`, `weight_scale`, `weight.absmax`.
  public let ending: String
  public let elementType: ElementType
  public let shape: Shape
  public let extent: Extent

  public init(_ ending: String, _ elementType: ElementType, _ extents: [Int], _ extent: Extent) {
    self.ending = ending
    self.elementType = elementType
    shape = Shape(extents)
    self.extent = extent
  }

  /// The bytes of the whole array.
  public var byteCount: Int {
    guard let count = elementType.byteCount(of: shape.count) else {
      preconditionFailure("\(ending): elements that do not fill bytes")
    }
    return count
  }

  /// The tensor's name for a weight: of `blocks.0.to_q.weight`, `blocks.0.to_q.weight_scale`.
  public func name(ofWeight weight: String) -> String {
    weight.hasSuffix("weight") ? weight.dropLast("weight".count) + ending : weight + "." + ending
  }

  /// Where the bytes of some rows stand in the array, which begin at a unit and end at one or with
  /// the matrix; all of an array that does not belong to rows.
  public func byteRange(ofRows rows: Range<Int>, unitRows: Int) -> Range<Int> {
    guard case .units(let unitByteCount) = extent else { return 0..<byteCount }
    precondition(rows.lowerBound.isMultiple(of: unitRows), "rows begin at a unit")
    let units = rows.lowerBound / unitRows..<(rows.upperBound + unitRows - 1) / unitRows
    return units.lowerBound * unitByteCount..<min(byteCount, units.upperBound * unitByteCount)
  }
}
