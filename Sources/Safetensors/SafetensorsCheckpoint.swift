internal import Storage
public import Tensors

/// The weights of one safetensors file, or of the shards that an index joins.
///
/// Everything is checked when it is opened: the headers, and that the index and the shards name the
/// same tensors in the same places. `formats/safetensors.md` lists the checks.
public final class SafetensorsCheckpoint: WeightSource {
  public let origin: String
  /// The file, or the shards sorted by name.
  public let files: [SafetensorsFile]
  public let weights: [WeightDescription]
  private let places: [String: Place]

  /// Where a tensor is.
  private struct Place {
    let file: Int
    let position: Int
    let tensor: SafetensorsHeader.Tensor
  }

  /// Takes files no two of which have a tensor of the same name.
  private init(origin: String, files: [SafetensorsFile]) {
    self.origin = origin
    self.files = files
    var weights: [WeightDescription] = []
    var places: [String: Place] = [:]
    for (file, content) in files.enumerated() {
      for tensor in content.header.tensors {
        places[tensor.name] = Place(file: file, position: weights.count, tensor: tensor)
        weights.append(
          WeightDescription(
            name: tensor.name, shape: tensor.shape, encoding: tensor.elementType.rawValue,
            storedByteCount: tensor.byteRange.count))
      }
    }
    self.weights = weights
    self.places = places
  }

  /// Opens a file, an index, or a folder that holds one or the other.
  public static func open(_ path: String) throws(SafetensorsFailure) -> SafetensorsCheckpoint {
    let target = try CheckpointTarget.find(path)
    switch target {
    case .file(let path):
      return SafetensorsCheckpoint(origin: path, files: [try SafetensorsFile.open(path)])
    case .index(let path):
      return SafetensorsCheckpoint(origin: path, files: try ShardIndex.read(path).openShards())
    }
  }

  public func weight(named name: String) -> WeightDescription? {
    places[name].map { weights[$0.position] }
  }

  /// The tensor of that name and the file that holds it, nil when there is none.
  public func tensor(
    named name: String
  ) -> (file: SafetensorsFile, tensor: SafetensorsHeader.Tensor)? {
    places[name].map { (files[$0.file], $0.tensor) }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let (file, tensor) = tensor(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    try file.decode(tensor, rows: rows, into: &output)
  }
}
