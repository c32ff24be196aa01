import Storage
import StrictJSON
import Tensors

/// The tensors of safetensors files of the fixture: BF16 and F32.
struct FixtureTensors: WeightSource {
  private struct Entry {
    let description: WeightDescription
    let file: Int
    let first: Int
    let isBFloat16: Bool
  }

  let origin: String
  let weights: [WeightDescription]
  private let files: [[UInt8]]
  private let entries: [String: Entry]

  init(_ paths: [String]) throws {
    origin = paths.first ?? "no file"
    var entries: [String: Entry] = [:]
    var files: [[UInt8]] = []
    for path in paths {
      let bytes = try FileReader.contents(of: path, limit: 1 << 30)
      let headerCount = (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
      let header = try JSONField.parse(Array(bytes[8..<8 + headerCount]), document: path)
      for (name, field) in try header.members() where name != "__metadata__" {
        let type = try field["dtype"].string()
        guard type == "BF16" || type == "F32" else { continue }
        let offsets = try field["data_offsets"].array().map { try $0.integer() }
        entries[name] = Entry(
          description: WeightDescription(
            name: name, shape: Shape(try field["shape"].array().map { try $0.integer() }),
            encoding: type, storedByteCount: offsets[1] - offsets[0]),
          file: files.count, first: 8 + headerCount + offsets[0], isBFloat16: type == "BF16")
      }
      files.append(bytes)
    }
    self.files = files
    self.entries = entries
    weights = entries.values.map(\.description).sorted { $0.name < $1.name }
  }

  func weight(named name: String) -> WeightDescription? { entries[name]?.description }

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    guard let entry = entries[name] else { preconditionFailure("no tensor \(name)") }
    let size = entry.isBFloat16 ? 2 : 4
    let first = entry.first + rows.lowerBound * entry.description.shape.columns * size
    let bytes = files[entry.file]
    for index in 0..<output.count {
      let at = first + index * size
      // The first byte of a little-endian BF16 is the third of the same Float.
      var bits = UInt32(bytes[at + size - 1]) << 24 | UInt32(bytes[at + size - 2]) << 16
      if !entry.isBFloat16 { bits |= UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at]) }
      output[index] = Float(bitPattern: bits)
    }
  }
}
