internal import Safetensors
internal import Storage
internal import StrictJSON

/// Where the parts of a checkpoint stand.
struct CheckpointPlace {
  /// The folder of the whole pipeline, nil when the path is not one.
  let pipeline: String?
  /// The file or folder with the weights.
  let weights: String

  /// The longest document that is read, in bytes.
  private static let largestDocument = 16 << 20

  init(_ path: String) {
    if FileSystem.kind(of: FileSystem.path(path, "model_index.json")) == .file {
      pipeline = path
      weights = FileSystem.path(path, "transformer")
    } else {
      let folder = FileSystem.kind(of: path) == .folder ? path : FileSystem.folder(of: path)
      // `transformer/` inside a pipeline knows what the pipeline says.
      let parent = FileSystem.path(folder, "..")
      let index = FileSystem.path(parent, "model_index.json")
      pipeline = FileSystem.kind(of: index) == .file ? parent : nil
      weights = path
    }
  }

  /// The `config.json` beside the weights of a folder.
  func configurationDocument() throws -> JSONField? {
    guard FileSystem.kind(of: weights) == .folder else { return nil }
    return try Self.document(FileSystem.path(weights, "config.json"))
  }

  /// The `is_distilled` of the pipeline.
  func isDistilled() throws -> Bool? {
    guard let pipeline else { return nil }
    let index = try Self.document(FileSystem.path(pipeline, "model_index.json"))
    return try index?.optional("is_distilled")?.bool()
  }

  /// The licence: from the metadata of the weights, else from the model card's front matter.
  func license(metadata: [SafetensorsHeader.MetadataEntry]) throws -> String? {
    for key in ["license", "modelspec.license"] {
      if let entry = metadata.first(where: { $0.key == key }) { return entry.value }
    }
    let folder = pipeline ?? weights
    let card = FileSystem.path(folder, "README.md")
    guard FileSystem.kind(of: folder) == .folder, FileSystem.kind(of: card) == .file else {
      return nil
    }
    let text = try FileReader.contents(of: card, limit: Self.largestDocument)
    return ModelCard.license(in: String(decoding: text, as: UTF8.self))
  }

  private static func document(_ path: String) throws -> JSONField? {
    guard FileSystem.kind(of: path) == .file else { return nil }
    let text = try FileReader.contents(of: path, limit: largestDocument)
    return try JSONField.parse(text, document: path)
  }
}

/// The page that describes a model on its hub.
enum ModelCard {
  /// The `license_name`, or else `license`, of the front matter between two lines of `---`.
  static func license(in text: String) -> String? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == "---" else { return nil }
    let matter = lines.dropFirst().prefix { $0 != "---" }
    for key in ["license_name:", "license:"] {
      guard let line = matter.first(where: { $0.hasPrefix(key) }) else { continue }
      let value = line.dropFirst(key.count).filter { $0 != "\"" && $0 != "'" }
      return String(value.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    return nil
  }
}
