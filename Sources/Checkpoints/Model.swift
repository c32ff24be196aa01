internal import Families
internal import Storage

/// Everything that a path holds: one component, several in one file, or a whole pipeline.
public struct Model: Sendable {
  /// One network of the model.
  public struct Component: Sendable {
    /// Its folder in a pipeline: `transformer`, `text_encoder_2`; for a component alone too.
    public let name: String
    public let checkpoint: Checkpoint
  }

  public let path: String
  /// In the order of the pipeline; of a file with several, the transformer first.
  public let components: [Component]
  /// The pipeline, when the path is that of its folder.
  public let pipeline: Pipeline?

  /// A model of one component, called as pipelines call it.
  package init(_ checkpoint: Checkpoint) {
    self.init(
      path: checkpoint.path,
      components: [
        Component(
          name: checkpoint.configuration.family.kind.folderName, checkpoint: checkpoint)
      ], pipeline: nil)
  }

  private init(path: String, components: [Component], pipeline: Pipeline?) {
    self.path = path
    self.components = components
    self.pipeline = pipeline
  }

  /// The component that stands for the model when only one is wanted: the only one, or the
  /// transformer.
  public func mainComponent() throws -> Component {
    components[try Checkpoint.main(among: components.map(\.checkpoint), path: path)]
  }

  /// Whether a path leads to one of the files that are read.
  public func reads(_ path: String) -> Bool {
    components.contains { $0.checkpoint.reads(path) }
  }

  /// The files of a pipeline that go along when the weights of these components are dealt with; of
  /// others, the weights go along too.
  public func carriedFiles(beside names: some Sequence<String>) throws -> [CarriedFile] {
    try pipeline?.carriedFiles(networks: Set(names)) ?? []
  }

  /// Opens a file, an index, a folder of weights or a pipeline folder, and every component in it.
  ///
  /// A part of a pipeline whose weights are of no known family goes along as it is.
  public static func open(_ path: String) throws -> Model {
    guard Pipeline.isPipeline(path) else {
      return Model(
        path: path, components: named(try Checkpoint.openAll(path)), pipeline: nil)
    }
    let pipeline = try Pipeline.open(path)
    var components: [Component] = []
    for part in pipeline.parts where part.hasWeights {
      let folder = FileSystem.path(path, part.name)
      do {
        components.append(
          Component(name: part.name, checkpoint: try Checkpoint.open(folder)))
      } catch FamilyFailure.unrecognized {
        continue
      }
    }
    return Model(path: path, components: components, pipeline: pipeline)
  }

  /// Components of one file under the names that pipelines have for them: text encoders in the
  /// order CLIP-L, CLIP-G, T5.
  private static func named(_ checkpoints: [Checkpoint]) -> [Component] {
    ComponentKind.allCases.flatMap { kind in
      let alike = checkpoints.filter { $0.configuration.family.kind == kind }
        .sorted { $0.sortingKey < $1.sortingKey }
      return alike.enumerated().map { index, checkpoint in
        let number = index == 0 ? "" : "_\(index + 1)"
        return Component(name: kind.folderName + number, checkpoint: checkpoint)
      }
    }
  }
}

extension ComponentKind {
  /// What pipelines call the folder of the first component of this kind.
  package var folderName: String {
    switch self {
    case .transformer: "transformer"
    case .textEncoder: "text_encoder"
    case .autoencoder: "vae"
    }
  }
}

extension Checkpoint {
  /// CLIP before T5, the smaller before the larger.
  fileprivate var sortingKey: (Int, Int, String) {
    (
      configuration.family == .clip ? 0 : 1, configuration.sizes["width"] ?? 0,
      weights.identity.prefix
    )
  }
}
