internal import Families
internal import GGUF
public import StrictJSON

// Files of language models, which llama.cpp names in its own way and whose metadata have the numbers
// of the network.
extension GGUFSource {
  /// The numbers of the network in the members of a `config.json`, nil for a file of other names.
  ///
  /// A key that is missing has no member. Of a kind that the member cannot be, or two that contradict
  /// each other, throw.
  public func configurationDocument() throws -> JSONField? {
    guard let llama else { return nil }
    let file = checkpoint.files[0].path
    var members = JSONObject()
    for number in llama.numbers {
      let key = "\(llama.architecture).\(number.key)"
      guard let value = checkpoint.metadata[key] else { continue }
      guard let member = number.isInteger ? value.integer.map({ JSONValue($0) }) : value.decimal
      else {
        throw GGUFFailure.metadata(
          file: file, key: key, expected: number.isInteger ? "an integer" : "a finite number",
          found: value.summary)
      }
      if let other = members[number.member], other != member {
        throw GGUFFailure.metadata(
          file: file, key: key,
          expected: "\(other.compact()), as \(llama.architecture) says elsewhere",
          found: value.summary)
      }
      members[number.member] = member
    }
    // What transformers has under `rope_scaling` no shape tells, and no network here has.
    let scaling = "\(llama.architecture).rope.scaling.type"
    if let value = checkpoint.metadata[scaling], value.text != "none" {
      throw GGUFFailure.metadata(
        file: file, key: scaling, expected: "none", found: value.summary)
    }
    return JSONField(document: file, value: .object(members))
  }
}

extension GGUFValue {
  /// The number as the shortest decimal that has its value in its own type; nil for what is no finite
  /// number.
  fileprivate var decimal: JSONValue? {
    switch self {
    case .float32(let value) where value.isFinite:
      // Through its text: 1e-6 as float32 is not the float64 that a config.json means.
      value == value.rounded() && abs(value) < 0x1p24
        ? JSONValue(Int(value)) : Double(value.description).map { JSONValue($0) }
    case .float64(let value) where value.isFinite: JSONValue(value)
    default: integer.map { JSONValue($0) }
    }
  }
}
