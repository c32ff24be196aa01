/// Keys and values of a GGUF file in its order; every key once.
public struct GGUFMetadata: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let key: String
    public let value: GGUFValue

    public init(key: String, value: GGUFValue) {
      self.key = key
      self.value = value
    }
  }

  public private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]

  public init() {}

  /// Adds an entry; returns false, and changes nothing, when the key is there already or is empty.
  @discardableResult
  public mutating func append(_ key: String, _ value: GGUFValue) -> Bool {
    guard !key.isEmpty, positions[key] == nil else { return false }
    positions[key] = entries.count
    entries.append(Entry(key: key, value: value))
    return true
  }

  /// The value of a key, nil when it is not there.
  public subscript(key: String) -> GGUFValue? { positions[key].map { entries[$0].value } }
}

extension GGUFMetadata: ExpressibleByDictionaryLiteral {
  /// The entries of a literal, whose keys must differ.
  public init(dictionaryLiteral elements: (String, GGUFValue)...) {
    self.init()
    for (key, value) in elements {
      guard append(key, value) else { preconditionFailure("the key \(key) twice, or empty") }
    }
  }
}

extension GGUFMetadata {
  /// The key of the alignment of the data, an unsigned integer of 32 bits.
  internal static let alignmentKey = "general.alignment"
  /// The alignment of files that do not say it.
  internal static let defaultAlignment = 32
  /// What stands in front of a tensor's name in the key of its shape.
  internal static let shapeKeyPrefix = "comfy.gguf.orig_shape."
}
