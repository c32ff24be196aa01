internal import Families
internal import Safetensors
internal import Storage
internal import StrictJSON

/// Where the parts of a checkpoint stand.
struct CheckpointPlace {
  /// The folder of the whole pipeline, nil when the path is not in one.
  let pipeline: String?
  /// The file or folder with the weights.
  let weights: String
  /// The folder of the weights, where `config.json` and the model card stand.
  let folder: String

  /// The longest document that is read, in bytes.
  private static let largestDocument = 16 << 20

  init(_ path: String) {
    func isPipeline(_ folder: String) -> Bool {
      Pipeline.isPipeline(folder)
    }
    let isFolder = FileSystem.kind(of: path) == .folder
    folder = isFolder ? path : FileSystem.folder(of: path)
    weights = isFolder && isPipeline(path) ? FileSystem.path(path, "transformer") : path
    // `transformer/` inside a pipeline knows what the pipeline says.
    pipeline = [folder, FileSystem.path(folder, "..")].first(where: isPipeline)
  }

  /// The `config.json` beside the weights.
  ///
  /// A file may lie among others that have nothing to do with it, so beside a file only the
  /// document of its family counts.
  func configurationDocument(of family: Family) throws -> JSONField? {
    guard isFolder else {
      let document = try Self.document(FileSystem.path(folder, "config.json"))
      guard case .object(let members) = document?.value, Self.isOf(family, members) else {
        return nil
      }
      return document
    }
    return try Self.document(FileSystem.path(weights, "config.json"))
  }

  /// The `config.json` beside the weights, whatever it is of, for formats whose codes only it
  /// describes; what it says is checked against the shapes.
  func codeConfiguration() throws -> JSONField? {
    try Self.document(FileSystem.path(isFolder ? weights : folder, "config.json"))
  }

  private var isFolder: Bool { FileSystem.kind(of: weights) == .folder }

  /// Whether a document names the class of a family, as diffusers or as transformers does.
  private static func isOf(_ family: Family, _ members: JSONObject) -> Bool {
    let name = JSONValue.string(family.className)
    return members["_class_name"] == name || members["architectures"] == .array([name])
  }

  /// The `is_distilled` of the pipeline.
  func isDistilled() throws -> Bool? {
    guard let pipeline else { return nil }
    let index = try Self.document(FileSystem.path(pipeline, Pipeline.indexName))
    return try index?.optional("is_distilled")?.bool()
  }

  /// The licence: from the metadata of the weights, else from the model card's front matter.
  func license(metadata: [SafetensorsHeader.MetadataEntry]) throws -> String? {
    for key in ["license", "modelspec.license", "general.license"] {
      if let entry = metadata.first(where: { $0.key == key }) { return entry.value }
    }
    let card = FileSystem.path(pipeline ?? folder, "README.md")
    guard FileSystem.kind(of: card) == .file else { return nil }
    let text = try FileReader.contents(of: card, limit: Self.largestDocument)
    return ModelCard.license(in: String(decoding: text, as: UTF8.self))
  }

  /// The document at a path, nil when no file is there.
  static func document(_ path: String) throws -> JSONField? {
    guard FileSystem.kind(of: path) == .file else { return nil }
    let text = try FileReader.contents(of: path, limit: largestDocument)
    return try JSONField.parse(text, document: path)
  }
}

/// The page that describes a model on its hub.
enum ModelCard {
  /// The `license_name`, or else `license`, of the front matter between two lines of `---`.
  static func license(in text: String) -> String? {
    // Line ends of Windows are one character to `String`, and a newline too.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.first == "---" else { return nil }
    let matter = lines.dropFirst().prefix { $0 != "---" }
    for key in ["license_name:", "license:"] {
      guard let line = matter.first(where: { $0.hasPrefix(key) }) else { continue }
      let value = line.dropFirst(key.count).filter { $0 != "\"" && $0 != "'" }
      let name = value.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      guard name.isEmpty else { return String(name) }
    }
    return nil
  }
}
