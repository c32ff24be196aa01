internal import Storage
internal import StrictJSON

/// A diffusers pipeline folder: `model_index.json` and a folder for each part.
public struct Pipeline: Sendable {
  /// One part: a network, a tokenizer, a scheduler.
  public struct Part: Hashable, Sendable {
    /// The name, which is that of its folder.
    public let name: String
    public let library: String
    public let className: String
    /// Whether its folder has safetensors files.
    public let hasWeights: Bool
  }

  public let path: String
  public let className: String?
  /// Whether it is distilled: it wants few steps and no second pass.
  public let isDistilled: Bool?
  /// In the order of the index.
  public let parts: [Part]

  /// What makes a folder a pipeline.
  public static let indexName = "model_index.json"

  /// Whether a folder is a pipeline.
  public static func isPipeline(_ path: String) -> Bool {
    FileSystem.kind(of: FileSystem.path(path, indexName)) == .file
  }

  /// Reads the index and looks which parts have weights.
  public static func open(_ path: String) throws -> Pipeline {
    let index = FileSystem.path(path, indexName)
    guard let document = try CheckpointPlace.document(index) else {
      throw StorageFailure.notAFile(path: index)
    }
    var parts: [Part] = []
    for (name, field) in try document.members() {
      // Parts are pairs of library and class; a pair of nulls is a part that this pipeline lacks.
      guard case .array(let pair) = field.value, pair.count == 2,
        case .string(let library) = pair[0], case .string(let className) = pair[1]
      else { continue }
      // The name becomes a path, which must not lead out of the pipeline.
      guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
        throw field.failure(expected: "a part in a folder of its own", found: "another path")
      }
      let folder = FileSystem.path(path, name)
      let files = FileSystem.kind(of: folder) == .folder ? try FileSystem.names(in: folder) : []
      parts.append(
        Part(
          name: name, library: library, className: className,
          hasWeights: files.contains { $0.hasSuffix(".safetensors") }))
    }
    return Pipeline(
      path: path, className: try document.optional("_class_name")?.string(),
      isDistilled: try document.optional("is_distilled")?.bool(), parts: parts)
  }
}
