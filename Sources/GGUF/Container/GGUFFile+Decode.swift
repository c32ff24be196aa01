internal import Codecs
internal import Storage
internal import Tensors

extension GGUFFile {
  /// How many elements are read at once; a multiple of every block.
  private static let elementsPerPiece = 1 << 16

  /// Decodes consecutive elements of a tensor to float32, as many as `output` holds.
  ///
  /// Blocks lie one behind the other, so any range of elements is decoded from the blocks around
  /// it, whatever the shape. Reads in pieces of bounded size. Elements outside the tensor trap.
  public func decode(
    _ tensor: GGUFHeader.Tensor, elements: Range<Int>, into output: inout MutableSpan<Float>
  ) throws(GGUFFailure) {
    precondition(
      elements.lowerBound >= 0 && elements.upperBound <= tensor.shape.count,
      "elements \(elements) of \(tensor.name) \(tensor.shape)")
    precondition(output.count == elements.count, "an output of \(elements.count) values")
    var first = elements.lowerBound
    while first < elements.upperBound {
      // Pieces end where their multiples do, so that only the first and the last cut blocks.
      let next = (first / Self.elementsPerPiece + 1) * Self.elementsPerPiece
      let range = first..<min(next, elements.upperBound)
      var part = output._mutatingExtracting(
        range.lowerBound - elements.lowerBound..<range.upperBound - elements.lowerBound)
      try decodePiece(tensor, range, into: &part)
      first = range.upperBound
    }
  }

  private func decodePiece(
    _ tensor: GGUFHeader.Tensor, _ elements: Range<Int>, into output: inout MutableSpan<Float>
  ) throws(GGUFFailure) {
    let blockSize = tensor.type.elementsPerBlock
    let blocks =
      elements.lowerBound / blockSize..<(elements.upperBound + blockSize - 1) / blockSize
    var bytes = [UInt8](unwritten: blocks.count * tensor.type.bytesPerBlock)
    do {
      var span = bytes.mutableSpan
      var input = span.mutableRawBytes
      try read(tensor, at: blocks.lowerBound * tensor.type.bytesPerBlock, into: &input)
    }
    if let type = ElementType(rawValue: tensor.type.name) {
      decodeElements(bytes.rawBytes, of: type, into: &output)
      return
    }
    let count = blocks.count * blockSize
    guard count != elements.count else {
      return try decodeBlocks(tensor, bytes, into: &output)
    }
    var values = [Float](repeating: 0, count: count)
    var span = values.mutableSpan
    try decodeBlocks(tensor, bytes, into: &span)
    let skipped = elements.lowerBound - blocks.lowerBound * blockSize
    for index in output.indices { output[index] = span[skipped + index] }
  }

  /// Decodes whole blocks, as the one row of a matrix.
  private func decodeBlocks(
    _ tensor: GGUFHeader.Tensor, _ bytes: [UInt8], into output: inout MutableSpan<Float>
  ) throws(GGUFFailure) {
    do throws(CodecFailure) {
      try tensor.type.decode([bytes], rows: 0..<1, of: Shape([1, output.count]), into: &output)
    } catch {
      throw .codes(file: path, tensor: tensor.name, reason: error)
    }
  }
}
