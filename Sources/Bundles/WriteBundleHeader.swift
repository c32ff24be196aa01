internal import Families
internal import Quantization
internal import Recipes
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

// The document is specified in formats/bundle.md, section "Header".
extension BundleHeader {
  /// The header as it stands at the end of the file.
  var document: JSONValue {
    [
      "format": "mmdit-bundle", "version": .init(BundleFormat.version),
      "architecture": [
        "family": .init(configuration.family.id), "layout": .init(layout.rawValue),
        "configuration": configuration.document,
      ],
      "recipe": recipe.document, "provenance": provenance.document,
      "blocks": .array(blocks.map(\.document)), "tensors": .array(tensors.map(\.document)),
    ]
  }
}

extension Provenance {
  fileprivate var document: JSONValue {
    [
      "producer": .init(producer),
      "sources": .array(
        sources.map { file in
          [
            "name": .init(file.name), "bytes": .init(file.byteCount),
            "sha256": file.sha256.map { .init($0) } ?? .null,
          ]
        }),
      "license": license.map { .init($0) } ?? .null,
      "metadata": .object(JSONObject(metadata.map { ($0.key, .init($0.value)) })),
    ]
  }
}

extension BundleBlock {
  fileprivate var document: JSONValue {
    [
      "name": .init(name), "offset": .init(run.offset), "bytes": .init(run.byteCount),
      "tensors": .init(tensors.count),
    ]
  }
}

extension BundleTensor {
  fileprivate var document: JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .init(name)), ("shape", .array(shape.extents.map { .init($0) })),
    ]
    switch encoding {
    case .plain(let type): members.append(("dtype", .init(type.rawValue)))
    case .quantized(let scheme): members.append(("scheme", scheme.document))
    }
    if let chunkRows { members.append(("chunk_rows", .init(chunkRows))) }
    for segment in segments { members.append((segment.kind.rawValue, segment.document)) }
    return .object(JSONObject(members))
  }
}

extension BundleSegment {
  fileprivate var document: JSONValue {
    var members: [(String, JSONValue)] = [
      ("bytes", .init(byteCount)), ("crc32", .init(checksum.description)),
    ]
    switch placement {
    case .resident(let offset): members.append(("offset", .init(offset)))
    case .chunked(let runs):
      let pairs = runs.map { JSONValue.array([.init($0.offset), .init($0.byteCount)]) }
      members.append(("chunks", .array(pairs)))
    }
    return .object(JSONObject(members))
  }
}
