internal import Bundles
internal import Families
internal import Recipes
internal import Safetensors
internal import Storage
public import StrictJSON
internal import Tensors

// The document is specified in formats/inspection.md.
extension Inspection {
  /// The inspection for machines.
  public var document: JSONValue {
    var members: [(String, JSONValue)] = [
      ("format", "mmdit-inspection"), ("version", 1), ("path", .init(path)),
    ]
    switch content {
    case .pipeline(let className, let isDistilled, let components):
      members += [
        ("kind", "pipeline"), ("class", .init(className)),
        ("is_distilled", isDistilled.map { .bool($0) } ?? .null),
        ("components", .array(components.map(\.document))),
      ]
    case .weights(let weights):
      members.append(("kind", "weights"))
      members += weights.members
    case .bundle(let bundle):
      members.append(("kind", "bundle"))
      members += bundle.members
    }
    return .object(JSONObject(members))
  }
}

extension Inspection.Component {
  fileprivate var document: JSONValue {
    [
      "name": .init(name), "library": .init(library), "class": .init(className),
      "weights": weights.map { .object(JSONObject($0.members)) } ?? .null,
    ]
  }
}

extension WeightsInspection {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("files", .init(files)),
      ("components", .array(components.map(\.document))),
      ("problem", problem.map { .init($0) } ?? .null),
      (
        "quantization",
        .array(
          quantization.map {
            [
              "format": .init($0.format), "tensors": .init($0.tensorCount),
              "decoded": .bool($0.isDecoded),
            ]
          })
      ),
      ("metadata", .object(JSONObject(metadata.map { ($0.key, .init($0.value)) }))),
    ] + weightMembers(weights, statistics)
  }
}

extension WeightsComponent {
  fileprivate var document: JSONValue {
    [
      "family": .init(identity.family.id), "title": .init(identity.family.title),
      "variant": variant.map { .init($0.title) } ?? .null,
      "layout": .init(identity.layout.rawValue), "prefix": .init(identity.prefix),
      "evidence": .init(identity.evidence), "configuration": configuration?.document ?? .null,
    ]
  }
}

extension BundleInspection {
  fileprivate var members: [(String, JSONValue)] {
    let provenance = header.provenance
    return [
      ("bytes", .init(fileByteCount)), ("compressed", .init(header.isCompressed)),
      ("bits_per_weight", .init(header.bitsPerWeight)),
      ("family", .init(header.configuration.family.id)),
      ("layout", .init(header.layout.rawValue)),
      ("configuration", header.configuration.document), ("recipe", header.recipe.document),
      ("producer", .init(provenance.producer)),
      ("license", provenance.license.map { .init($0) } ?? .null),
      (
        "sources",
        .array(
          provenance.sources.map {
            [
              "name": .init($0.name), "bytes": .init($0.byteCount),
              "sha256": $0.sha256.map { .init($0) } ?? .null,
            ]
          })
      ),
      ("metadata", .object(JSONObject(provenance.metadata.map { ($0.key, .init($0.value)) }))),
      (
        "checksums",
        .object(
          JSONObject(
            header.tensors.map { tensor in
              (
                tensor.name,
                .object(
                  JSONObject(
                    tensor.segments.map { ($0.kind.rawValue, .init($0.checksum.description)) }))
              )
            }))
      ),
    ] + weightMembers(weights, statistics)
  }
}

/// What every list of weights has.
private func weightMembers(
  _ weights: [WeightDescription], _ statistics: [WeightStatistics]
) -> [(String, JSONValue)] {
  let measured = Dictionary(uniqueKeysWithValues: statistics.map { ($0.name, $0.statistics) })
  return [
    ("parameters", .init(weights.weightCount)),
    ("weight_bytes", .init(weights.storedByteCount)),
    (
      "census",
      .array(
        EncodingCount.census(of: weights).map {
          [
            "encoding": .init($0.encoding), "tensors": .init($0.tensorCount),
            "parameters": .init($0.weightCount), "bytes": .init($0.byteCount),
          ]
        })
    ),
    (
      "tensors",
      .array(
        weights.map { weight in
          var members: [(String, JSONValue)] = [
            ("name", .init(weight.name)), ("encoding", .init(weight.encoding)),
            ("shape", .array(weight.shape.extents.map { .init($0) })),
            ("bytes", .init(weight.storedByteCount)),
          ]
          if let statistics = measured[weight.name] {
            members.append(("statistics", document(of: statistics)))
          }
          return .object(JSONObject(members))
        })
    ),
  ]
}

private func document(of statistics: TensorStatistics) -> JSONValue {
  [
    "absolute_maximum": .init(statistics.absoluteMaximum), "mean": .init(statistics.mean),
    "root_mean_square": .init(statistics.rootMeanSquare),
    "kurtosis": .init(statistics.kurtosis), "not_finite": .init(statistics.nonFiniteCount),
    "worst_rows": .array(
      statistics.worstRows.map {
        [
          "row": .init($0.row), "absolute_maximum": .init($0.absoluteMaximum),
          "root_mean_square": .init($0.rootMeanSquare),
        ]
      }),
  ]
}
