import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import TextEncoders

/// A folder of encoders, prompts and the hidden states that transformers gave of them, as
/// `scripts/text_encoder_cases.py` writes it.
struct EncoderCases {
  let folder: String
  let producer: String
  let cases: [Case]
  private let states: SafetensorsCheckpoint

  struct Case {
    let id: String
    /// The folder or bundle of the model, below the folder of cases.
    let model: String
    let layers: [Int]
    let prompts: [TextInput]
  }

  /// Those that are committed.
  static func committed() throws -> EncoderCases { try EncoderCases(goldens) }

  static let goldens = FileSystem.path(FileSystem.folder(of: #filePath), "Goldens")

  init(_ folder: String) throws {
    self.folder = folder
    let path = FileSystem.path(folder, "cases.json")
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 24), document: path)
    producer = try document["producer"].string()
    states = try SafetensorsCheckpoint.open(FileSystem.path(folder, "states.safetensors"))
    cases = try document["cases"].array().map { field in
      Case(
        id: try field["id"].string(), model: try field["model"].string(),
        layers: try field["layers"].array().map { try $0.integer() },
        prompts: try field["prompts"].array().map { prompt in
          TextInput(
            identifiers: try prompt["identifiers"].array().map { try $0.integer() },
            mask: try prompt["mask"].array().map { try $0.integer(in: 0...1) == 1 })
        })
    }
  }

  /// The recorded states `[L, layers.count · D]` of one prompt of a case.
  func states(of id: String, prompt: Int) throws -> [Float] {
    try states.values(of: "\(id).\(prompt)")
  }
}

/// The weights of a folder in safetensors, with its `config.json`.
func encoderWeights(_ folder: String) throws -> CanonicalWeights {
  let path = FileSystem.path(folder, "config.json")
  return try SafetensorsCheckpoint.open(folder).component(
    stated: JSONField.parse(FileReader.contents(of: path, limit: 1 << 20), document: path))
}

/// The largest ‖a − b‖ / ‖b‖ of rows of that many values, in Double.
func largestRelativeError(_ a: [Float], _ b: [Float], columns: Int) -> Double {
  guard a.count == b.count, !b.isEmpty, b.count.isMultiple(of: columns) else { return .infinity }
  return stride(from: 0, to: b.count, by: columns).map { first in
    var (difference, size) = (0.0, 0.0)
    for index in first..<first + columns {
      difference += (Double(a[index]) - Double(b[index])) * (Double(a[index]) - Double(b[index]))
      size += Double(b[index]) * Double(b[index])
    }
    let error = (difference / size).squareRoot()
    return error.isNaN ? .infinity : error
  }.max() ?? .infinity
}
