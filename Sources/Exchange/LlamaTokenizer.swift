internal import Checkpoints
internal import GGUF
internal import Storage
internal import StrictJSON

/// The tokenizer beside a text encoder as llama.cpp has it: entries of a file's metadata.
///
/// Only that of Qwen is made: byte pairs of byte-level text, split by one expression, which llama.cpp
/// knows as `qwen2`. Of another kind there is none, and a file without loads where the program has the
/// tokenizer itself, as ComfyUI-GGUF and stable-diffusion.cpp do.
struct LlamaTokenizer: Sendable {
  let entries: [GGUFMetadata.Entry]

  /// How text is split before bytes are paired; by this llama.cpp's converter knows `qwen2`, too.
  private static let qwenExpression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// llama.cpp's kinds of tokens.
  private enum Kind: Int32 {
    case normal = 1
    case control = 3
    case userDefined = 4
    case unused = 5
  }

  /// The longest `tokenizer.json` that is read, in bytes; that of Qwen3 has 11 million.
  private static let largestDocument = 64 << 20

  /// The tokenizer beside a checkpoint, as pipelines and transformers have it; nil when there is none
  /// or it is of another kind.
  ///
  /// `vocabularySize` is the rows of the embedding; a document with tokens behind them is refused.
  init?(beside checkpoint: Checkpoint, vocabularySize: Int) throws {
    let folder = FileSystem.folder(of: checkpoint.files[0])
    let places = [folder, FileSystem.path(folder, "../tokenizer")]
    guard
      let place = places.first(where: {
        FileSystem.kind(of: FileSystem.path($0, "tokenizer.json")) == .file
      }), let document = try Self.document("tokenizer.json", in: place)
    else { return nil }
    try self.init(
      document, settings: Self.document("tokenizer_config.json", in: place),
      configuration: checkpoint.configurationDocument.map {
        JSONField(document: checkpoint.configurationPath ?? checkpoint.path, value: $0)
      }, vocabularySize: vocabularySize)
  }

  /// The tokenizer of a `tokenizer.json`, its `tokenizer_config.json` and the network's `config.json`.
  init?(
    _ document: JSONField, settings: JSONField?, configuration: JSONField?, vocabularySize: Int
  ) throws {
    guard try Self.isQwen(document) else { return nil }
    let range = 0...max(0, vocabularySize - 1)
    var tokens = (0..<vocabularySize).map { "[PAD\($0)]" }
    var kinds = [Int32](repeating: Kind.unused.rawValue, count: vocabularySize)
    let vocabulary = try document["model"]["vocab"]
    for (token, field) in try vocabulary.members() {
      let id = try field.integer(in: range)
      guard kinds[id] == Kind.unused.rawValue else {
        throw field.failure(expected: "an id of its own", found: "\(id), which another has")
      }
      tokens[id] = token
      kinds[id] = Kind.normal.rawValue
    }
    var added: [String: Int] = [:]
    for field in try document.optional("added_tokens")?.array() ?? [] {
      let id = try field["id"].integer(in: range)
      let token = try field["content"].string()
      let isSpecial = try field.optional("special")?.bool() ?? false
      guard kinds[id] == Kind.unused.rawValue || tokens[id] == token else {
        throw field.failure(expected: "an id of its own", found: "\(id), which another has")
      }
      tokens[id] = token
      kinds[id] = (isSpecial ? Kind.control : .userDefined).rawValue
      added[token] = id
    }
    var entries: [GGUFMetadata.Entry] = []
    func add(_ key: String, _ value: GGUFValue) {
      entries.append(.init(key: "tokenizer.ggml.\(key)", value: value))
    }
    add("model", .string("gpt2"))
    add("pre", .string("qwen2"))
    add("tokens", .array(.string(tokens)))
    add("token_type", .array(.int32(kinds)))
    add("merges", .array(.string(try Self.merges(document["model"]["merges"]))))
    for (name, key) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
      let named = try settings?.optional("\(name)_token").flatMap { try added[Self.token($0)] }
      let id = try named ?? Self.id(configuration?.optional("\(name)_token_id"))
      if let id, range.contains(id) { add("\(key)_token_id", .uint32(UInt32(id))) }
    }
    for name in ["bos", "eos"] {
      if let isAdded = try settings?.optional("add_\(name)_token")?.bool() {
        add("add_\(name)_token", .bool(isAdded))
      }
    }
    self.entries = entries
  }

  /// Whether text is split and paired as Qwen does it.
  private static func isQwen(_ document: JSONField) throws -> Bool {
    guard let splitting = try document.optional("pre_tokenizer"),
      try document["model"].optional("type")?.string() == "BPE"
    else { return false }
    let steps = try splitting.optional("pretokenizers")?.array() ?? [splitting]
    return try steps.contains {
      try $0.optional("pattern")?.object()["Regex"] == .string(qwenExpression)
    } && steps.contains { try $0.optional("type")?.string() == "ByteLevel" }
  }

  /// Pairs as `a b`; older documents have them so, newer ones as lists of two. Spaces inside a part,
  /// which byte-level text does not have, could not be told from those between.
  private static func merges(_ field: JSONField) throws -> [String] {
    guard case .array(let merges) = field.value else {
      throw field.failure(expected: "an array", found: field.value.kindName)
    }
    return try merges.map { merge in
      switch merge {
      case .string(let text) where text.utf8.count { $0 == UInt8(ascii: " ") } == 1:
        return text
      case .array(let parts):
        if parts.count == 2, case .string(let first) = parts[0],
          case .string(let second) = parts[1], !first.contains(" "), !second.contains(" ")
        {
          return "\(first) \(second)"
        }
        fallthrough
      default:
        throw field.failure(
          expected: "pairs of texts without spaces", found: String(merge.compact().prefix(80)))
      }
    }
  }

  /// A token, or the object that has it as its content.
  private static func token(_ field: JSONField) throws -> String {
    if case .string(let text) = field.value { return text }
    return try field["content"].string()
  }

  /// A single id; some documents have a list, of which llama.cpp could say none.
  private static func id(_ field: JSONField?) -> Int? {
    guard case .number(let number) = field?.value else { return nil }
    return number.integer
  }

  private static func document(_ name: String, in folder: String) throws -> JSONField? {
    let path = FileSystem.path(folder, name)
    guard FileSystem.kind(of: path) == .file else { return nil }
    return try JSONField.parse(
      FileReader.contents(of: path, limit: largestDocument), document: path)
  }
}
