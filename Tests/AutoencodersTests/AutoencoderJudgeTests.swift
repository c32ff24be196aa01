import Autoencoders
import Families
import Foundation
import Images
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// What `scripts/judges/autoencoder` has diffusers compute: a folder of models, each with a
/// `config.json`, weights and one `cases.safetensors`.
///
/// A case N is `N.tokens` `[gridHeight, gridWidth, 4C]` with `N.picture`, and `N.source` with
/// `N.encoded_tokens`. Its path is in `MMDIT_AUTOENCODER_CASES`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MMDIT_AUTOENCODER_CASES"] != nil))
struct AutoencoderJudgeTests {
  /// The longest rows have K = 9 · 256 terms, u = 2⁻²⁴, some 45 layers and two independent sides
  /// round: √2304 · u · √45 · √2 = 2.7e-5 of the whole, and no value by more than 1e-3 of the
  /// pictures' −1…1.
  private let tolerance = 2.7e-5
  private let largest = 1e-3

  @Test func everyCaseEqualsDiffusers() throws {
    let folder = ProcessInfo.processInfo.environment["MMDIT_AUTOENCODER_CASES"] ?? ""
    var count = 0
    for name in try FileSystem.names(in: folder).sorted() {
      let path = FileSystem.path(folder, name)
      let document = try JSONField.parse(
        FileReader.contents(of: "\(path)/config.json", limit: 1 << 20),
        document: "\(path)/config.json")
      let weights = try SafetensorsCheckpoint.open("\(path)/weights.safetensors").component(
        stated: document)
      let autoencoder = try Autoencoder(configuration: weights.configuration, weights: weights)
      let cases = try SafetensorsCheckpoint.open("\(path)/cases.safetensors")
      for tokens in cases.weights where tokens.name.hasSuffix(".tokens") {
        try decode(tokens, cases, autoencoder, model: name)
        count += 1
      }
      for source in cases.weights where source.name.hasSuffix(".source") {
        try encode(source, cases, autoencoder, model: name)
        count += 1
      }
    }
    print("compared \(count) cases")
    #expect(count > 0)
  }

  private func decode(
    _ tokens: WeightDescription, _ cases: SafetensorsCheckpoint, _ autoencoder: Autoencoder,
    model: String
  ) throws {
    let name = tokens.name.dropLast(".tokens".count)
    let found = try autoencoder.decode(
      cases.values(of: tokens.name), gridHeight: tokens.shape.extents[0],
      gridWidth: tokens.shape.extents[1])
    compare(found.values, try cases.values(of: "\(name).picture"), "\(model) \(name) decoded")
    let image = try cases.values(of: "\(name).image").map { UInt8($0) }
    #expect(
      zip(found.image.pixels, image).allSatisfy { abs(Int($0) - Int($1)) <= 1 },
      "\(model) \(name): the 8-bit picture differs by more than 1")
  }

  private func encode(
    _ source: WeightDescription, _ cases: SafetensorsCheckpoint, _ autoencoder: Autoencoder,
    model: String
  ) throws {
    let name = source.name.dropLast(".source".count)
    let image = Image(
      width: source.shape.extents[1], height: source.shape.extents[0],
      pixels: try cases.values(of: source.name).map { UInt8($0) })
    compare(
      try autoencoder.encode(image), try cases.values(of: "\(name).encoded_tokens"),
      "\(model) \(name) encoded")
  }

  private func compare(_ found: [Float], _ expected: [Float], _ what: String) {
    let error = relativeError(found, expected.map(Double.init))
    let difference = zip(found, expected).map { abs(Double($0) - Double($1)) }.max() ?? .infinity
    print("\(what): relative error \(error), largest difference \(difference)")
    #expect(error <= tolerance && difference <= largest, "\(what) differs")
  }
}
