internal import Safetensors
public import Tensors

extension DecodedCheckpoint: StoredWeights {
  public var files: [StoredFile] {
    checkpoint.files.map { StoredFile(path: $0.path, headerByteCount: $0.header.dataOffset) }
  }

  // Codes with scales have encodings that no type is called.
  public func plainType(of name: String) -> ElementType? {
    weight(named: name).flatMap { ElementType(rawValue: $0.encoding) }
  }

  public func encodingOfCodes(_ name: String) -> String? {
    codes(of: name)?.encoding ?? matrix(of: name)?.encoding
  }

  public func read(
    _ name: String, at offset: Int, into output: inout MutableRawSpan
  ) throws {
    precondition(plainType(of: name) != nil, "\(name) has no plain type")
    let (file, tensor) = stored(name)
    try file.read(tensor, at: offset, into: &output)
  }

  public func statedNoise(of names: Set<String>?) throws -> StatedNoise? {
    try statedNoise(of: names, limit: Self.sampledCodeCount)
  }
}
