import StrictJSON
import TestSupport
import Tokenizers

/// A `tokenizer.json` made by hand: the 256 bytes, and what pairs make.
struct TinyTokenizer {
  /// Byte-level characters in the order of bytes.
  static let alphabet: [String] = {
    var hidden: UInt32 = 0x100
    return (UInt32(0)...255).map { byte in
      switch byte {
      case 33...126, 161...172, 174...255: return Character(Unicode.Scalar(byte) ?? " ").description
      default:
        hidden += 1
        return Character(Unicode.Scalar(hidden - 1) ?? " ").description
      }
    }
  }()

  /// The expression of Qwen2.
  static let qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#

  var tokens = alphabet
  var merges: [(String, String)] = []
  var addedTokens: [JSONValue] = []
  var normalizer: JSONValue = nil
  var expression = qwen2
  var settings: JSONObject = ["type": "BPE", "ignore_merges": false]

  /// Adds a pair and what it makes.
  mutating func merge(_ first: String, _ second: String) {
    merges.append((first, second))
    if !tokens.contains(first + second) { tokens.append(first + second) }
  }

  /// Adds a token that is found in text; its number is the next, unless given.
  mutating func add(
    _ content: String, id: Int? = nil, single: Bool = false, left: Bool = false,
    right: Bool = false, normalized: Bool = false
  ) {
    addedTokens.append([
      "id": JSONValue(id ?? tokens.count + addedTokens.count), "content": JSONValue(content),
      "single_word": JSONValue(single), "lstrip": JSONValue(left), "rstrip": JSONValue(right),
      "normalized": JSONValue(normalized), "special": true,
    ])
  }

  var document: JSONObject {
    var model = settings
    model["vocab"] =
      model["vocab"]
      ?? .object(JSONObject(tokens.enumerated().map { ($0.element, JSONValue($0.offset)) }))
    model["merges"] =
      model["merges"]
      ?? .array(merges.map { .array([JSONValue($0.0), JSONValue($0.1)]) })
    return [
      "added_tokens": .array(addedTokens), "normalizer": normalizer,
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          [
            "type": "Split", "pattern": ["Regex": JSONValue(expression)], "behavior": "Isolated",
            "invert": false,
          ],
          ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
        ],
      ],
      "model": .object(model),
    ]
  }

  /// The tokenizer, read from a file.
  func open() throws -> Tokenizer {
    try TemporaryFolder.with { folder in
      try folder.write("tokenizer.json", JSONValue.object(document).compact())
      return try Tokenizer.open(folder.path)
    }
  }
}

extension Tokenizer {
  /// The tokens of a text as the document spells them.
  func spelled(_ text: String) throws -> [String] {
    try encode(text).map { token($0) ?? "?" }
  }
}
