internal import StrictJSON

/// The numbers of a text encoder with Llama's layers (Qwen3, Mistral) as the network uses them.
///
/// Letters used for the axes throughout: D width, H query heads, G heads of keys and values, K head
/// size, M feed-forward width, L tokens of a prompt.
public struct DecoderConfiguration: Hashable, Sendable {
  /// What the names of the stack's weights begin with, with the dot: `model.`.
  public let prefix: String
  /// H, the heads of queries.
  public let headCount: Int
  /// G, the heads of keys and values; H / G neighbouring query heads share one.
  public let keyValueHeadCount: Int
  /// K, the width of one head, even.
  public let headSize: Int
  /// D, the width of the residual stream; H · K may be another number.
  public let width: Int
  /// M, the width of the gated feed-forward layer.
  public let feedForwardSize: Int
  /// The layers of the stack.
  public let layerCount: Int
  /// The rows of the embedding table.
  public let vocabularySize: Int
  /// The tokens that the longest prompt may have.
  public let positionLimit: Int
  /// Whether queries and keys have a norm of their own (Qwen3).
  public let hasHeadNorms: Bool
  /// Whether a norm follows the last layer; files that were cut at a layer have none.
  public let hasFinalNorm: Bool
  /// The base of the rotary frequencies.
  public let rotaryBase: Double
  /// Added to the mean square in every norm.
  public let epsilon: Float

  /// The width of all queries of a token, H · K.
  public var querySize: Int { headCount * headSize }
  /// The width of all keys of a token, and of all its values, G · K.
  public var keyValueSize: Int { keyValueHeadCount * headSize }

  /// The families that have these layers.
  public static let families: [Family] = [.qwen3, .mistral3]

  /// The numbers of a component of `families`; another family traps.
  ///
  /// Throws when settings from a file contradict each other.
  public init(_ configuration: Configuration, origin: String = "configuration") throws {
    precondition(Self.families.contains(configuration.family), "expected Llama's layers")
    let settings = JSONField(
      document: origin,
      value: .object(JSONObject(configuration.settings.sorted { $0.key < $1.key })))
    prefix = configuration.family == .qwen3 ? "model." : "language_model.model."
    headCount = configuration.size("head_count")
    keyValueHeadCount = configuration.size("key_value_head_count")
    headSize = configuration.size("head_size")
    width = configuration.size("width")
    feedForwardSize = configuration.size("feed_forward_size")
    layerCount = configuration.size("layer_count")
    vocabularySize = configuration.size("vocabulary_size")
    hasHeadNorms = configuration.family == .qwen3
    hasFinalNorm = configuration.size("has_final_norm") != 0
    positionLimit = try settings["position_limit"].integer(in: 1...Extent.largest)
    rotaryBase = try settings["rotary_base"].double()
    epsilon = Float(try settings["epsilon"].double())
    let document = JSONField(document: origin, value: .null)
    guard keyValueHeadCount > 0, headCount.isMultiple(of: keyValueHeadCount) else {
      throw document.failure(
        expected: "as many query heads for each of \(keyValueHeadCount) key heads",
        found: "\(headCount) query heads")
    }
    guard headSize.isMultiple(of: 2) else {
      throw document.failure(
        expected: "heads of two halves, which rotary positions turn", found: "\(headSize) values")
    }
    guard rotaryBase > 1, rotaryBase <= Double(Float.greatestFiniteMagnitude) else {
      throw try settings["rotary_base"].failure(
        expected: "a float32 above 1", found: "\(rotaryBase)")
    }
    guard epsilon > 0, epsilon < 1 else {
      throw try settings["epsilon"].failure(
        expected: "a float32 between 0 and 1", found: "\(epsilon)")
    }
  }
}
