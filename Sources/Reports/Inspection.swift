public import Bundles
public import Families
public import Safetensors
public import Tensors

/// What a path holds.
public struct Inspection: Sendable {
  public let path: String
  public let content: Content

  /// The kinds of things that are inspected.
  public enum Content: Sendable {
    /// A diffusers pipeline folder: its class and its parts.
    case pipeline(className: String, isDistilled: Bool?, components: [Component])
    /// Safetensors weights.
    case weights(WeightsInspection)
    /// A native bundle.
    case bundle(BundleInspection)
  }

  /// One part of a pipeline.
  public struct Component: Sendable {
    public let name: String
    public let library: String
    public let className: String
    /// Its weights; nil for a part without any, such as a tokenizer.
    public let weights: WeightsInspection?
  }
}

/// What safetensors weights are.
public struct WeightsInspection: Sendable {
  public let path: String
  /// The files, in order.
  public let files: [String]
  /// Nil when no known family has these names.
  public let identity: Identity?
  /// The numbers of the network; nil unless the suite supports the family.
  public let configuration: Flux2Configuration?
  /// Why it cannot be quantized as it is; nil when it can.
  public let problem: String?
  public let weights: [WeightDescription]
  /// How many weights are stored as codes, by what kind; empty for plain values.
  public let quantization: [QuantizationCount]
  public let metadata: [SafetensorsHeader.MetadataEntry]
  /// Statistics of each weight that holds real numbers; empty when they were not asked for.
  public let statistics: [WeightStatistics]

  public var variant: Flux2Variant? { configuration.flatMap(Flux2Variant.of) }
}

/// What a bundle holds.
public struct BundleInspection: Sendable {
  public let header: BundleHeader
  public let fileByteCount: Int
  public let weights: [WeightDescription]
  public let statistics: [WeightStatistics]
}

/// How the values of one weight are distributed.
public struct WeightStatistics: Sendable {
  public let name: String
  public let statistics: TensorStatistics
}

/// How many weights are stored as codes of one kind.
public struct QuantizationCount: Hashable, Sendable {
  public let format: String
  public let tensorCount: Int
  /// Whether the suite reads them as values.
  public let isDecoded: Bool
}

/// How many tensors, values and bytes have one encoding.
public struct EncodingCount: Hashable, Sendable {
  public let encoding: String
  public var tensorCount = 0
  public var weightCount = 0
  public var byteCount = 0

  /// The census of a list of weights, largest first.
  public static func census(of weights: [WeightDescription]) -> [EncodingCount] {
    var counts: [String: EncodingCount] = [:]
    for weight in weights {
      var count = counts[weight.encoding] ?? EncodingCount(encoding: weight.encoding)
      count.tensorCount += 1
      count.weightCount += weight.shape.count
      count.byteCount += weight.storedByteCount
      counts[weight.encoding] = count
    }
    return counts.values.sorted { ($1.byteCount, $0.encoding) < ($0.byteCount, $1.encoding) }
  }
}
