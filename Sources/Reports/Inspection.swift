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
  /// The components; empty when no known family has these names.
  public let components: [WeightsComponent]
  /// Why the files cannot be converted as they are; nil when they can.
  public let problem: String?
  public let weights: [WeightDescription]
  /// How many weights are stored as codes, by what kind; empty for plain values.
  public let quantization: [QuantizationCount]
  public let metadata: [SafetensorsHeader.MetadataEntry]
  /// Statistics of each weight that holds real numbers; empty when they were not asked for.
  public let statistics: [WeightStatistics]
}

/// One network among the weights of a file.
public struct WeightsComponent: Sendable {
  public let identity: Identity
  /// The numbers of the network; nil when they contradict each other.
  public let configuration: Configuration?

  public var variant: Variant? { configuration?.variant }
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
