internal import Safetensors
internal import StrictJSON
internal import Tensors

/// Which tensors of a checkpoint are codes, and which belong to them: found by names, types, shapes
/// and markers, before any weight is read.
struct StoredCodes {
  /// Weights of 8-bit codes with scales, by their names.
  private(set) var tensors: [String: CodedTensor] = [:]
  /// Weights that a codec reads, by their names.
  private(set) var matrices: [String: CodedMatrix] = [:]
  private(set) var companions: [Companion] = []
  /// The weights of codes that stand in place of another tensor, by the names of those.
  private(set) var places: [String: String] = [:]
  let checkpoint: SafetensorsCheckpoint

  /// Finds the codes; `configuration` is the `config.json` beside them.
  init(_ checkpoint: SafetensorsCheckpoint, configuration: JSONField?) throws {
    self.checkpoint = checkpoint
    let settings = CodeSettings(
      checkpoint, configuration: configuration, markers: try readHeaderMarkers())
    let owners = try findFormats(settings)
    try refuseForeignFormats(except: owners)
    var belongings: [String: [Companion]] = [:]
    for weight in checkpoint.weights {
      if let owner = owners[weight.name] {
        guard places[weight.name] == nil else { continue }
        companions.append(
          Companion(
            name: weight.name, weight: owner, role: Companion.role(besideCodes: weight.name)))
        continue
      }
      guard let companion = try companion(weight) else { continue }
      companions.append(companion)
      if let owner = companion.weight { belongings[owner, default: []].append(companion) }
    }
    let names = Set(companions.map(\.name))
    for weight in checkpoint.weights
    where !names.contains(weight.name) && owners[weight.name] == nil {
      tensors[weight.name] = try codes(
        of: weight.name, beside: belongings[weight.name] ?? [],
        marked: settings.markers[weight.name])
    }
  }

  /// Asks the formats for the weights of all layers; gives the weights that tensors belong to.
  private mutating func findFormats(_ settings: CodeSettings) throws -> [String: String] {
    var owners: [String: String] = [:]
    for format in codeFormats {
      for anchor in format.anchors {
        for tensor in checkpoint.weights
        where tensor.name.hasSuffix(".\(anchor)") && owners[tensor.name] == nil {
          let layer = StoredLayer(
            name: String(tensor.name.dropLast(anchor.count + 1)), checkpoint: checkpoint,
            settings: settings)
          guard let weight = try format.weight(of: layer, anchor: anchor) else { continue }
          try claim(weight, &owners)
        }
      }
    }
    return owners
  }

  private mutating func claim(
    _ weight: CodedWeight, _ owners: inout [String: String]
  ) throws(CheckpointFailure) {
    let names = [weight.codesName] + weight.companions
    // A weight beside its codes, or tensors of two formats: which of them counts?
    let hasTwo = weight.codesName != weight.name && checkpoint.weight(named: weight.name) != nil
    if let other = hasTwo ? weight.name : names.first(where: { owners[$0] != nil }) {
      throw .badCompanion(
        file: path(of: weight.codesName), tensor: weight.codesName, weight: weight.name,
        expected: "codes of one format", found: "\(other.quotedForMessage) too")
    }
    for name in names { owners[name] = weight.name }
    places[weight.codesName] = weight.name
    switch weight {
    case .tensor(let codes): tensors[weight.name] = codes
    case .matrix(let codes): matrices[weight.name] = codes
    }
  }

  /// Of several formats that tensors tell of, the first of the table is the one.
  private func refuseForeignFormats(except owners: [String: String]) throws(CheckpointFailure) {
    var found: [(place: Int, tensor: String)] = []
    for weight in checkpoint.weights where owners[weight.name] == nil {
      guard let (layer, ending) = Self.parts(weight.name) else { continue }
      let place = ForeignFormat.place(
        ending: ending, type: type(of: weight.name), weightType: optionalType(of: layer + ".weight")
      )
      if let place { found.append((place, weight.name)) }
    }
    guard let first = found.min(by: { $0.place < $1.place }) else { return }
    let ending = Self.parts(first.tensor)?.ending
    throw .unsupportedFormat(
      file: path(of: first.tensor), tensor: first.tensor,
      format: ForeignFormat.all[first.place].name, reason: ForeignFormat.all[first.place].reason,
      tensorCount: found.count {
        $0.place == first.place && Self.parts($0.tensor)?.ending == ending
      })
  }

  private func companion(_ tensor: WeightDescription) throws(CheckpointFailure) -> Companion? {
    let name = tensor.name
    let (layer, ending) = Self.parts(name) ?? ("", Substring(name))
    // Empty, or one or two elements whose type names the codes; anything larger is a weight.
    if ending == Companion.fileMarker, tensor.shape.count <= 2 {
      return Companion(name: name, weight: nil, role: .marker)
    }
    guard !layer.isEmpty, let role = Companion.role(ending: ending) else { return nil }
    let weight = layer + ".weight"
    guard
      checkpoint.weight(named: weight) != nil || tensors[weight] != nil || matrices[weight] != nil
    else {
      throw .withoutWeight(file: path(of: name), tensor: name, weight: weight)
    }
    return Companion(name: name, weight: weight, role: role)
  }

  /// What stands before the last dot of a name and what behind it; nil without a dot.
  private static func parts(_ name: String) -> (layer: String, ending: Substring)? {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    return (String(name[..<dot]), name[name.utf8.index(after: dot)...])
  }
}

// The tensors themselves, which have been found in the checkpoint before.
extension StoredCodes {
  func optionalType(of name: String) -> ElementType? {
    checkpoint.tensor(named: name)?.tensor.elementType
  }

  func type(of name: String) -> ElementType {
    guard let type = optionalType(of: name) else {
      preconditionFailure("\(checkpoint.origin) has lost \(name)")
    }
    return type
  }

  func shape(of name: String) -> Shape {
    guard let shape = checkpoint.weight(named: name)?.shape else {
      preconditionFailure("\(checkpoint.origin) has lost \(name)")
    }
    return shape
  }

  func path(of name: String) -> String {
    checkpoint.tensor(named: name)?.file.path ?? checkpoint.origin
  }

  func bad(
    _ name: String, of weight: String, _ expected: String, _ found: String
  ) -> CheckpointFailure {
    .badCompanion(
      file: path(of: weight), tensor: name, weight: weight, expected: expected, found: found)
  }
}
