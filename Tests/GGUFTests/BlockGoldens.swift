import Codecs
import Foundation
import GGUF
import Tensors

/// The files of `Goldens`; its README says what they hold.
enum BlockGoldens {
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
    return try Array(Data(contentsOf: folder.appending(path: name)))
  }

  static func floats(_ name: String) throws -> [Float] {
    let bytes = try bytes(name)
    return stride(from: 0, to: bytes.count, by: 4).map { offset in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) })
    }
  }

  struct ReferenceErrors: Decodable {
    struct Errors: Decodable {
      let plain: Double
      let weighted: Double
    }
    struct Set: Decodable {
      let name: String
      let blocks: Int
      let errors: [String: Errors]
    }
    let sets: [Set]
  }

  static func referenceErrors() throws -> ReferenceErrors {
    try JSONDecoder().decode(
      ReferenceErrors.self, from: Data(bytes("reference-errors.json")))
  }
}

/// The blocks of values as one row.
func encode(_ values: [Float], _ type: BlockType) throws -> [UInt8] {
  try type.encode(
    values.span, rows: 0..<1, of: Shape([1, values.count]), after: .init())[0]
}

func decode(_ bytes: [UInt8], _ type: BlockType) throws -> [Float] {
  let count = bytes.count / type.bytesPerBlock * type.elementsPerBlock
  var values = [Float](repeating: 0, count: count)
  var span = values.mutableSpan
  try type.decode([bytes], rows: 0..<1, of: Shape([1, count]), into: &span)
  return values
}
