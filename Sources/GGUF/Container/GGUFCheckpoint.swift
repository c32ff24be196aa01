public import Tensors

/// The weights of one GGUF file, or of the files of a split set.
///
/// Everything is checked when it is opened: the headers, that the files of a set belong together, and
/// the shapes that the metadata give in place of the stored ones. `formats/gguf.md` lists the checks.
public final class GGUFCheckpoint: WeightSource {
  public let origin: String
  /// The file, or the files of the set in order.
  public let files: [GGUFFile]
  public let weights: [WeightDescription]
  private let places: [String: Place]

  /// Where a tensor is.
  private struct Place {
    let file: Int
    let position: Int
    let tensor: GGUFHeader.Tensor
  }

  private init(origin: String, files: [GGUFFile]) throws(GGUFFailure) {
    self.origin = origin
    self.files = files
    var weights: [WeightDescription] = []
    var places: [String: Place] = [:]
    for (file, content) in files.enumerated() {
      for tensor in content.header.tensors {
        places[tensor.name] = Place(file: file, position: weights.count, tensor: tensor)
        weights.append(
          WeightDescription(
            name: tensor.name, shape: try Self.shape(of: tensor, in: files[0]),
            encoding: tensor.type.name, storedByteCount: tensor.byteRange.count))
      }
    }
    self.weights = weights
    self.places = places
  }

  /// Opens a file, or the set of which it is the first.
  public static func open(_ path: String) throws(GGUFFailure) -> GGUFCheckpoint {
    try GGUFCheckpoint(origin: path, files: try GGUFFile.openAll(path))
  }

  /// The metadata of the first file.
  public var metadata: GGUFMetadata { files[0].header.metadata }

  public func weight(named name: String) -> WeightDescription? {
    places[name].map { weights[$0.position] }
  }

  /// The tensor of that name and the file that holds it, nil when there is none. Its shape is the
  /// stored one.
  public func tensor(named name: String) -> (file: GGUFFile, tensor: GGUFHeader.Tensor)? {
    places[name].map { (files[$0.file], $0.tensor) }
  }

  /// How a weight is stored, nil when there is none of that name.
  public func type(of name: String) -> BlockType? { places[name]?.tensor.type }

  /// Fills `output` with the bytes of a weight, from its byte `offset` on.
  ///
  /// A missing name and bytes outside the weight are broken contracts and trap.
  public func read(
    _ name: String, at offset: Int, into output: inout MutableRawSpan
  ) throws(GGUFFailure) {
    guard let (file, tensor) = tensor(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    try file.read(tensor, at: offset, into: &output)
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let weight = weight(named: name), let (file, tensor) = tensor(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= weight.shape.rows,
      "rows \(rows) of \(name) \(weight.shape)")
    let columns = weight.shape.columns
    try file.decode(
      tensor, elements: rows.lowerBound * columns..<rows.upperBound * columns, into: &output)
  }

  /// The shape that the metadata give a tensor, or else the stored one.
  ///
  /// Kernels of convolutions have rows too short for blocks; programs store them in other rows and
  /// say here what they were.
  private static func shape(
    of tensor: GGUFHeader.Tensor, in first: GGUFFile
  ) throws(GGUFFailure) -> Shape {
    let key = GGUFMetadata.shapeKeyPrefix + tensor.name
    guard let value = first.header.metadata[key] else { return tensor.shape }
    guard case .array(.int32(let extents)) = value,
      let shape = Shape(checking: extents.map { Int($0) }), shape.count == tensor.shape.count
    else {
      throw .metadata(
        file: first.path, key: key,
        expected: "an array of int32 whose product is \(tensor.shape.count)",
        found: "\(value.summary), of the type \(value.type)")
    }
    return shape
  }
}
