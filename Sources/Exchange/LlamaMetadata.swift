internal import Families
internal import GGUF
internal import StrictJSON

// The numbers of a language model, which llama.cpp has in the metadata instead of a config.json.
extension LlamaModel {
  /// The entries that say what its `config.json` would, in the order of llama.cpp's converter.
  ///
  /// `path` is where they will stand. A setting that is beyond their types throws: a network with it
  /// cannot be written.
  func entries(
    of configuration: Configuration, path: String
  ) throws(GGUFFailure) -> [GGUFMetadata.Entry] {
    guard case .object(let members) = configuration.configDocument else {
      preconditionFailure("a config.json is an object")
    }
    var entries: [GGUFMetadata.Entry] = []
    for number in numbers {
      let key = "\(architecture).\(number.key)"
      guard case .number(let member) = members[number.member] else {
        preconditionFailure("\(number.member) is a number of \(family.id)")
      }
      let value =
        number.isInteger
        ? member.integer.flatMap { UInt32(exactly: $0) }.map(GGUFValue.uint32)
        : Float(finite: member.double).map(GGUFValue.float32)
      guard let value else {
        throw .unwritable(
          file: path, subject: key,
          expected: number.isInteger ? "an integer of 32 bits" : "a float32",
          found: member.literal)
      }
      entries.append(GGUFMetadata.Entry(key: key, value: value))
    }
    return entries
  }
}

extension Float {
  /// The nearest float32; nil when the value is beyond its range.
  fileprivate init?(finite value: Double) {
    let nearest = Float(value)
    guard nearest.isFinite else { return nil }
    self = nearest
  }
}
