internal import Storage
public import Tensors

extension SafetensorsFile {
  /// How many elements are read at once: half a mebibyte of the widest type.
  private static let elementsPerPiece = 1 << 16

  /// The bytes that hold so many elements, the last one perhaps in part.
  private static func byteCount(of type: ElementType, elements: Int) -> Int {
    (elements * type.bitWidth + 7) / 8
  }

  /// Decodes rows of a tensor's matrix view to float32, `rows.count × columns` values.
  ///
  /// Reads in pieces of bounded size. `type` is for elements that are stored under the name of
  /// another type of the same width. Rows outside the tensor and an output of another size trap.
  public func decode(
    _ tensor: SafetensorsHeader.Tensor, as type: ElementType? = nil, rows: Range<Int>,
    into output: inout MutableSpan<Float>
  ) throws(SafetensorsFailure) {
    let columns = tensor.shape.columns
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= tensor.shape.rows,
      "rows \(rows) of \(tensor.name) \(tensor.shape)")
    precondition(
      output.count == rows.count * columns, "an output of \(rows.count * columns) values")
    let type = type ?? tensor.elementType
    precondition(type.bitWidth == tensor.elementType.bitWidth, "elements keep their width")
    guard type.isReal, type != .bool else {
      throw .undecodable(file: path, tensor: tensor.name, type: type)
    }
    let capacity = min(Self.elementsPerPiece, output.count) + 3
    var piece = [UInt8](unwritten: Self.byteCount(of: type, elements: capacity))
    var done = 0
    while done < output.count {
      let count = min(Self.elementsPerPiece, output.count - done)
      let start = rows.lowerBound * columns + done
      // Elements narrower than a byte may begin inside one; four of any type begin a byte.
      let first = start % 4
      var elements = piece.mutableSpan
      var bytes = elements.mutableRawBytes
      var part = bytes._mutatingExtracting(first: Self.byteCount(of: type, elements: first + count))
      try read(tensor, at: (start - first) * type.bitWidth / 8, into: &part)
      var values = output._mutatingExtracting(done..<done + count)
      decodeElements(part.bytes, of: type, startingAt: first, into: &values)
      done += count
    }
  }
}
