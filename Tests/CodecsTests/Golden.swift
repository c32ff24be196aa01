import Codecs
import Safetensors
import Storage
import Tensors
import Testing

/// What a library made of a matrix; `Goldens/README.md` explains the files.
struct Golden {
  let values: [Float]
  let shape: Shape
  /// The library's account of the last rows.
  let decoded: [Float]
  private let file: SafetensorsFile

  init(_ name: String) throws {
    let folder = FileSystem.path(FileSystem.folder(of: #filePath), "Goldens")
    file = try SafetensorsFile.open(FileSystem.path(folder, "\(name).safetensors"))
    values = try Self.numbers(file, "values")
    decoded = try Self.numbers(file, "decoded")
    shape = try #require(file.header["values"]).shape
  }

  /// The array that ends so: its type, shape and bytes.
  func array(_ ending: String) throws -> (type: ElementType, shape: Shape, bytes: [UInt8]) {
    let tensor = try #require(file.header[ending], "\(ending) is not there")
    var bytes = [UInt8](repeating: 0, count: tensor.byteRange.count)
    var elements = bytes.mutableSpan
    var span = elements.mutableRawBytes
    try file.read(tensor, at: 0, into: &span)
    return (tensor.elementType, tensor.shape, bytes)
  }

  /// The bytes of a codec's arrays, as decoding takes them.
  func bytes(of codec: some MatrixCodec) throws -> [[UInt8]] {
    try codec.arrays(of: shape).map { try array($0.ending).bytes }
  }

  private static func numbers(_ file: SafetensorsFile, _ name: String) throws -> [Float] {
    let tensor = try #require(file.header[name])
    var values = [Float](repeating: 0, count: tensor.shape.count)
    var span = values.mutableSpan
    try file.decode(tensor, rows: 0..<tensor.shape.rows, into: &span)
    return values
  }
}
