internal import Storage

/// The chunks of a PNG file: length, type, data, CRC-32 of type and data (5.3).
package enum PNGChunks {
  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  package struct Chunk {
    package let type: String
    package let data: Range<Int>
  }

  /// The chunks up to IEND, their checksums proved; bytes behind IEND are not looked at.
  package static func read(_ bytes: [UInt8], path: String) throws(ImageFailure) -> [Chunk] {
    guard bytes.starts(with: signature) else {
      throw .malformed(
        path: path, subject: "signature", expected: "the 8 bytes of a PNG file", found: "others")
    }
    var chunks: [Chunk] = []
    var offset = signature.count
    while true {
      guard bytes.count - offset >= 12 else {
        throw .malformed(
          path: path, subject: "chunk at byte \(offset)", expected: "12 bytes or more",
          found: "the end of the file after \(bytes.count - offset)")
      }
      let byteCount = Int(bigEndian(bytes, at: offset))
      let name = bytes[offset + 4..<offset + 8]
      guard name.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else {
        throw .malformed(
          path: path, subject: "chunk at byte \(offset)", expected: "a name of four letters",
          found: "\(Array(name))")
      }
      let type = String(decoding: name, as: UTF8.self)
      guard byteCount <= bytes.count - offset - 12 else {
        throw .malformed(
          path: path, subject: "chunk \(type) at byte \(offset)", expected: "\(byteCount) bytes",
          found: "the end of the file after \(bytes.count - offset - 12)")
      }
      let end = offset + 8 + byteCount
      let checksum = CRC32(bytes.rawBytes.extracting(offset + 4..<end))
      guard checksum.value == bigEndian(bytes, at: end) else {
        throw .malformed(
          path: path, subject: "chunk \(type) at byte \(offset)",
          expected: "checksum \(CRC32(value: bigEndian(bytes, at: end)))", found: "\(checksum)")
      }
      chunks.append(Chunk(type: type, data: offset + 8..<end))
      if type == "IEND" { return chunks }
      offset = end + 4
    }
  }

  /// Appends a chunk; `data` is below 2³¹ bytes.
  package static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
    file += bigEndian(UInt32(data.count))
    let start = file.count
    file += Array(type.utf8)
    file += data
    let checksum = CRC32(file.rawBytes.extracting(start..<file.count))
    file += bigEndian(checksum.value)
  }
}
