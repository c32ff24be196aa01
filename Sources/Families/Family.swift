internal import StrictJSON

/// What a component does in a pipeline.
public enum ComponentKind: String, Hashable, Sendable, CaseIterable {
  case transformer
  case textEncoder = "text encoder"
  case autoencoder
}

/// A published model: a network of a family with these sizes.
public struct Variant: Hashable, Sendable {
  /// Its name for people.
  public let title: String
  /// Every size that the family's table needs.
  public let sizes: [String: Int]
}

/// A kind of network: its weights, their shapes in terms of its sizes, and their names in every
/// layout.
///
/// A family is data. Detection, the configuration, validation, conversion, built-in recipes and
/// size tables all follow from it; a new family is one file in `Tables` and a line in `all`.
public struct Family: Sendable {
  /// Its name in files: `flux2`.
  public let id: String
  /// Its name for people.
  public let title: String
  public let kind: ComponentKind
  /// The class that loads it, as `_class_name` or `architectures` of a `config.json` name it.
  public let className: String
  /// What weights of its files are called: `diffusion_pytorch_model`, `model`.
  public let fileStem: String
  /// The names of the integers that its shapes are made of, in the order of documents. One that
  /// rows have as a flag is 0 or 1.
  let sizes: [String]
  /// Sizes that are the product of two others, which shapes alone could not tell apart.
  var products: [(product: String, factors: (String, String))] = []
  /// What sizes are taken to be where neither a shape nor a `config.json` tells.
  var defaultSizes: [String: Int] = [:]
  /// Numbers and lists of the network that are in no shape, and what published models have.
  var settings: [Setting] = []
  /// The members of its `config.json`, to read sizes and settings from and to write them.
  let keys: [ConfigurationKey]
  /// Its weights, in the order of execution: a section is a run of blocks that are alike.
  let sections: [Section]
  /// Names of the first block that together occur in no family behind it in `all`. Two or three
  /// are enough; they are names of the table, as diffusers spells them.
  let signature: [String]
  /// Leading parts of names that a layout spells differently: of the original names in the
  /// original layout and in ComfyUI's.
  var spellings: [Layout: [(leading: String, spelled: String)]] = [:]
  /// Whether the original layout has names of its own, which ComfyUI reads too. Without, the
  /// network has the names of transformers everywhere, up to `spellings`.
  var hasOriginalNames = true
  /// What ComfyUI puts before every name in a whole checkpoint.
  var comfyPrefix = ""
  /// Tensors that some files have beside the weights, by the end of their names, and why they are
  /// dropped. Any other tensor that the table does not have is an error.
  var dropped: [(ending: String, reason: String)] = []
  /// Settings that another family in the same file tells, by its id.
  var settingsBeside: [String: [String: JSONValue]] = [:]
  /// What is taken for granted where neither a `config.json` nor another family says it, because no
  /// weight does.
  public var assumption: String?
  public let variants: [Variant]
  /// How the built-in recipes treat it; formats/recipe.md says what they make of it.
  public let quantization: QuantizationAdvice
  /// Throws unless what must hold beyond sizes and products does; most families need none.
  var validate: @Sendable (_ configuration: Configuration, _ origin: String) throws -> Void = {
    _, _ in
  }
}

/// Which weights of a family the built-in recipes quantize. Patterns are those of recipes.
public struct QuantizationAdvice: Sendable {
  /// The linear layers that hold nearly all weights.
  public var linears: [String]
  /// Of those, the ones whose errors cost most, and why.
  public var critical: [(match: String, reason: String)]
  /// What gets eight bits whatever the linear layers get, and why.
  public var eightBits: [(match: String, reason: String)]
  /// What stays as it is, and why.
  public var kept: [(match: String, reason: String)]

  init(
    linears: [String], critical: [(match: String, reason: String)] = [],
    eightBits: [(match: String, reason: String)] = [],
    kept: [(match: String, reason: String)] = []
  ) {
    self.linears = linears
    self.critical = critical
    self.eightBits = eightBits
    self.kept = kept
  }
}

extension Family: Hashable {
  public static func == (first: Family, second: Family) -> Bool { first.id == second.id }
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension Family {
  /// Every family, the more specific signature first.
  public static let all: [Family] = [
    .flux2, .flux1, .stableDiffusion3, .qwen3, .mistral3, .t5, .clip, .flux2Autoencoder,
    .autoencoder,
  ]

  /// The family of that name in files.
  public static func named(_ id: String) -> Family? { all.first { $0.id == id } }
}
