internal import Storage
public import StrictJSON
public import Tensors

/// A published model as `Fixtures/components` has it: names and shapes that the classes of diffusers
/// and transformers gave, and their `config.json`.
public struct PublishedComponent: Sendable {
  /// The name of its file, without the ending.
  public let name: String
  public let parameterCount: Int
  /// The `config.json` that the packages write.
  public let config: JSONField
  /// What the published `config.json` says of the architecture.
  public let publishedConfig: JSONField
  /// What `save_pretrained` writes.
  public let tensors: [String: Shape]
  /// The layout of the reference implementation, nil where no converter knows it.
  public let original: [String: Shape]?
  /// Other names under which `from_pretrained` reads the same model.
  public let alsoLoads: [(what: String, tensors: [String: Shape])]

  /// The names of all files in `Fixtures/components`.
  public static let names: [String] = {
    let files = (try? FileSystem.names(in: Fixture.path("components"))) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }
  }()

  public init(_ name: String) throws {
    let path = Fixture.path("components/\(name).json")
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 20), document: path)
    self.name = name
    parameterCount = try document["parameters"].integer()
    config = JSONField(document: "\(name)/config.json", value: try document["config"].value)
    publishedConfig = JSONField(
      document: "\(name)/config.json", value: try document["published_config"].value)
    tensors = try Self.tensors(document["tensors"])
    original = try document.optional("original").map { try Self.tensors($0["tensors"]) }
    alsoLoads =
      try document.optional("also_loads")?.array().map {
        (try $0["what"].string(), try Self.tensors($0["tensors"]))
      } ?? []
    let count = try document["tensor_count"].integer(in: tensors.count...tensors.count)
    precondition(count == tensors.count)
  }

  /// Expands a list of `{"name", "shape", "indices"}`: `{i}` in a name stands for each index.
  private static func tensors(_ list: JSONField) throws -> [String: Shape] {
    var tensors: [String: Shape] = [:]
    for entry in try list.array() {
      let name = try entry["name"].string()
      let shape = Shape(try entry["shape"].array().map { try $0.integer(in: 1...1 << 30) })
      guard let indices = try entry.optional("indices") else {
        tensors[name] = shape
        continue
      }
      for range in try indices.string().split(separator: ",") {
        let ends = try range.split(separator: "-").map { text in
          guard let index = Int(text) else {
            throw indices.failure(expected: "indices such as 0-4,7", found: String(text))
          }
          return index
        }
        for index in ends[0]...ends[ends.count - 1] {
          tensors[name.replacing("{i}", with: String(index))] = shape
        }
      }
    }
    return tensors
  }
}

extension WeightsInMemory {
  /// Tensors in bfloat16 that are only described, in the order of their names.
  public init(shapes: [String: Shape], origin: String = "memory") {
    self.init(
      described: shapes.sorted { $0.key < $1.key }.map {
        WeightDescription(
          name: $0.key, shape: $0.value, encoding: "BF16", storedByteCount: 2 * $0.value.count)
      }, origin: origin)
  }
}
