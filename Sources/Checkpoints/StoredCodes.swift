internal import Safetensors
internal import Tensors

/// Which tensors of a checkpoint are codes, and which belong to them: found by names, types, shapes
/// and markers, before any weight is read.
struct StoredCodes {
  private(set) var tensors: [String: CodedTensor] = [:]
  private(set) var companions: [Companion] = []
  let checkpoint: SafetensorsCheckpoint

  init(_ checkpoint: SafetensorsCheckpoint) throws {
    self.checkpoint = checkpoint
    try refuseForeignFormats()
    let headerMarkers = try readHeaderMarkers()
    var belongings: [String: [Companion]] = [:]
    for weight in checkpoint.weights {
      guard let companion = try companion(weight) else { continue }
      companions.append(companion)
      if let owner = companion.weight { belongings[owner, default: []].append(companion) }
    }
    let names = Set(companions.map(\.name))
    for weight in checkpoint.weights where !names.contains(weight.name) {
      tensors[weight.name] = try codes(
        of: weight.name, beside: belongings[weight.name] ?? [],
        marked: headerMarkers[weight.name])
    }
  }

  /// Of several formats that tensors tell of, the first of the table is the one.
  private func refuseForeignFormats() throws(CheckpointFailure) {
    var found: [(place: Int, tensor: String)] = []
    for weight in checkpoint.weights {
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
      format: ForeignFormat.all[first.place].name,
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
    guard checkpoint.weight(named: weight) != nil else {
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
