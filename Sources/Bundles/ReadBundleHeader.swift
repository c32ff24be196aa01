internal import Families
internal import Quantization
internal import Recipes
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

// The document is specified in formats/bundle.md, section "Header".
extension BundleHeader {
  /// Reads a header document; sizes follow from shapes and encodings and must agree.
  init(document: JSONField) throws {
    try document.rejectUnknownKeys(
      except: [
        "format", "version", "architecture", "recipe", "provenance", "blocks", "tensors",
      ])
    let format = try document["format"]
    guard try format.string() == "mmdit-bundle" else {
      throw try format.failure(expected: "\"mmdit-bundle\"", found: format.string())
    }
    _ = try document["version"].integer(in: BundleFormat.version...BundleFormat.version)
    let architecture = try document["architecture"]
    try architecture.rejectUnknownKeys(except: ["family", "layout", "configuration"])
    let familyName = try architecture["family"]
    guard let family = try Family.named(familyName.string()) else {
      throw try familyName.failure(
        expected: Family.all.map(\.id).joined(separator: ", "), found: familyName.string())
    }
    let layoutName = try architecture["layout"]
    guard let layout = try Layout(rawValue: layoutName.string()), Layout.written.contains(layout)
    else {
      throw try layoutName.failure(
        expected: Layout.written.map(\.rawValue).joined(separator: ", "),
        found: layoutName.string())
    }
    let tensors = try document["tensors"].array().map { try BundleTensor(document: $0) }
    var blocks: [BundleBlock] = []
    for field in try document["blocks"].array() {
      try field.rejectUnknownKeys(except: ["name", "offset", "bytes", "tensors"])
      let first = blocks.last?.tensors.upperBound ?? 0
      let count = try field["tensors"].integer(in: 1...max(1, tensors.count - first))
      blocks.append(
        BundleBlock(
          name: try field["name"].string(),
          run: ByteRun(
            offset: try field["offset"].integer(in: 0...Int.max >> 1),
            byteCount: try field["bytes"].integer(in: 0...Int.max >> 1)),
          tensors: first..<first + count))
    }
    guard blocks.last?.tensors.upperBound ?? 0 == tensors.count else {
      throw try document["blocks"].failure(
        expected: "\(tensors.count) tensors in all blocks",
        found: "\(blocks.last?.tensors.upperBound ?? 0)")
    }
    let configuration = try Configuration(
      family: family, document: architecture["configuration"])
    let names = configuration.blocks
    guard blocks.map(\.name) == names else {
      throw try document["blocks"].failure(
        expected: names.joined(separator: ", "),
        found: blocks.map(\.name).joined(separator: ", "))
    }
    try Self.checkBlocks(
      of: tensors, blocks: blocks, expected: configuration.tensors(in: layout),
      document: document["tensors"])
    self.init(
      configuration: configuration, layout: layout,
      recipe: try Recipe(document: document["recipe"]),
      provenance: try Provenance(document: document["provenance"]), blocks: blocks,
      tensors: tensors)
  }

  /// Checks that every tensor of the network lies in the block that runs it; a fused one in that of
  /// its parts.
  ///
  /// What is missing, is no part of the network or has another shape, `Bundle.canonicalWeights` says.
  private static func checkBlocks(
    of tensors: [BundleTensor], blocks: [BundleBlock], expected: [LayoutTensor],
    document: JSONField
  ) throws {
    let expected = Dictionary(
      expected.map { ($0.name, $0.block) }, uniquingKeysWith: { first, _ in first })
    for block in blocks {
      for tensor in tensors[block.tensors] {
        guard let name = expected[tensor.name], name != block.name else { continue }
        throw document.failure(
          expected: "\"\(tensor.name)\" in block \"\(name)\"", found: "in \"\(block.name)\"")
      }
    }
  }
}

extension Provenance {
  fileprivate init(document: JSONField) throws {
    try document.rejectUnknownKeys(except: ["producer", "sources", "license", "metadata"])
    self.init(
      producer: try document["producer"].string(),
      sources: try document["sources"].array().map { file in
        try file.rejectUnknownKeys(except: ["name", "bytes", "sha256"])
        return SourceFile(
          name: try file["name"].string(),
          byteCount: try file["bytes"].integer(in: 0...Int.max),
          sha256: try file["sha256"].value == .null
            ? nil : file["sha256"].hexadecimal(digits: 64))
      },
      license: try document.optional("license")?.string(),
      metadata: try document["metadata"].members().map {
        SafetensorsHeader.MetadataEntry(key: $0.key, value: try $0.field.string())
      })
  }
}

extension BundleTensor {
  fileprivate init(document: JSONField) throws {
    let extents = try document["shape"].array().map { try $0.integer(in: 0...Int.max) }
    guard let shape = Shape(checking: extents) else {
      throw try document["shape"].failure(
        expected: "a product that fits 63 bits", found: "\(extents)")
    }
    let encoding: BundleEncoding
    if let scheme = try document.optional("scheme") {
      guard extents.count >= 2, extents.dropFirst(2).allSatisfy({ $0 == 1 }) else {
        throw try document["shape"].failure(
          expected: "rows, columns and no more but axes of length 1", found: "\(extents)")
      }
      encoding = .quantized(try Scheme(document: scheme))
    } else {
      let dtype = try document["dtype"]
      guard let type = try ElementType(rawValue: dtype.string()), Self.plainTypes.contains(type)
      else {
        throw dtype.failure(expected: "BF16, F16 or F32", found: try dtype.string())
      }
      encoding = .plain(type)
    }
    guard let layout = TensorLayout(shape: shape, encoding: encoding) else {
      throw try document["shape"].failure(
        expected: "sizes that fit 63 bits", found: "\(extents)")
    }
    let chunkRows = try document.optional("chunk_rows")?.integer(in: 1...max(1, layout.rows))
    let kinds = layout.segments.map(\.kind.rawValue)
    let encodingKey = if case .plain = encoding { "dtype" } else { "scheme" }
    try document.rejectUnknownKeys(except: ["name", "shape", encodingKey, "chunk_rows"] + kinds)
    self.init(
      name: try document["name"].string(), shape: shape, encoding: encoding,
      chunkRows: chunkRows,
      segments: try layout.segments.map { segment in
        try BundleSegment(
          document: document[segment.kind.rawValue], layout: segment, rows: layout.rows,
          chunkRows: chunkRows)
      })
  }

  static let plainTypes: [ElementType] = [.bfloat16, .float16, .float32]
}

extension BundleSegment {
  fileprivate init(
    document: JSONField, layout: TensorLayout.Segment, rows: Int, chunkRows: Int?
  ) throws {
    try document.rejectUnknownKeys(
      except: ["bytes", "crc32", chunkRows == nil ? "offset" : "chunks"])
    let byteCount = rows * layout.rowStride
    _ = try document["bytes"].integer(in: byteCount...byteCount)
    let digits = try document["crc32"].hexadecimal(digits: 8)
    guard let checksum = UInt32(digits, radix: 16) else {
      preconditionFailure("8 hexadecimal digits are 32 bits")
    }
    let placement: SegmentPlacement
    if let chunkRows {
      let chunks = try document["chunks"]
      let runs = try chunks.array().map { pair in
        let numbers = try pair.array().map { try $0.integer(in: 0...Int.max >> 1) }
        guard numbers.count == 2 else {
          throw pair.failure(expected: "an offset and a length", found: "\(numbers)")
        }
        return ByteRun(offset: numbers[0], byteCount: numbers[1])
      }
      let expected = (rows + chunkRows - 1) / chunkRows
      guard runs.count == expected else {
        throw chunks.failure(expected: "\(expected) chunks", found: "\(runs.count)")
      }
      placement = .chunked(runs)
    } else {
      placement = .resident(offset: try document["offset"].integer(in: 0...Int.max >> 1))
    }
    self.init(
      kind: layout.kind, rowStride: layout.rowStride, byteCount: byteCount,
      checksum: CRC32(value: checksum), placement: placement)
  }
}

extension JSONField {
  /// A text of so many hexadecimal digits, in lower case.
  fileprivate func hexadecimal(digits count: Int) throws(JSONFailure) -> String {
    let text = try string()
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
    guard text.utf8.count == count,
      text.utf8.allSatisfy({ digits.contains($0) || letters.contains($0) })
    else {
      throw failure(expected: "\(count) hexadecimal digits in lower case", found: text)
    }
    return text
  }
}
