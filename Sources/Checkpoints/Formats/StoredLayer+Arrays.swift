internal import Codecs
internal import Safetensors
internal import Tensors

extension StoredLayer {
  /// A weight whose arrays are those of a codec, once each of them has the type and the shape that
  /// the codec expects.
  ///
  /// `shape` must be proved to fit the tensor of codes before. An array that is not in the file is
  /// that of `constants`; one that the codec wants as float32 may be a narrower float; the length of
  /// `documents` is their writer's.
  func matrix(
    _ codec: any MatrixCodec, _ shape: Shape, constants: [String: [UInt8]] = [:],
    documents: Set<String> = [], companions: [String] = [], lowRank: LowRankTerm? = nil
  ) throws(CheckpointFailure) -> CodedMatrix {
    if let objection = codec.objection(to: shape) {
      throw bad("weight", objection, "\(shape)")
    }
    let arrays = codec.arrays(of: shape)
    var sources: [(array: CodeArray, source: CodedMatrix.Source)] = []
    for array in arrays {
      sources.append(
        (array, try source(of: array, constants[array.ending], isDocument: documents.contains)))
    }
    let names = names(arrays.dropFirst().map(\.ending))
    return CodedMatrix(
      name: weight, shape: shape, codec: codec, arrays: sources, lowRank: lowRank,
      companions: names + self.names(companions).filter { !names.contains($0) })
  }

  private func source(
    of array: CodeArray, _ constant: [UInt8]?, isDocument: (String) -> Bool
  ) throws(CheckpointFailure) -> CodedMatrix.Source {
    if tensor(array.ending) == nil, let constant { return .constant(constant) }
    let found = try required(array.ending)
    let expected = "\(array.elementType.rawValue) \(array.shape)"
    let description = "\(found.elementType.rawValue) \(found.shape)"
    if isDocument(array.ending) {
      guard found.elementType == .uint8, (1...Self.largestDocument).contains(found.shape.count)
      else { throw bad(array.ending, "U8 with 1 to \(Self.largestDocument) bytes", description) }
      return .tensor(found.name)
    }
    // One element is one element, whether it has an axis or not.
    let isOne = array.shape.count == 1 && found.shape.count == 1
    guard found.shape == array.shape || isOne else {
      throw bad(array.ending, expected, description)
    }
    if found.elementType == array.elementType { return .tensor(found.name) }
    // Codes of eight bits that are stored as bytes.
    if found.elementType == .uint8, [.float8E4M3, .exponent8].contains(array.elementType) {
      return .tensor(found.name)
    }
    if array.elementType == .float32, [.bfloat16, .float16].contains(found.elementType) {
      return .widened(found.name, from: found.elementType)
    }
    throw bad(array.ending, expected, description)
  }
}
