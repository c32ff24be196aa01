import Autoencoders
import Families
import Images
import MMDiT
import Rendering
import Safetensors
import Sampling
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The whole way from a prompt to a picture, against runs that diffusers made of the same prompts.
@Suite struct RecordedPictureTests {
  /// A recorded run without LoRAs, as the document lists it.
  private struct Recorded {
    let id: String
    let request: PictureRequest
    let settings: RenderSettings
  }

  private let tensors: SafetensorsCheckpoint
  private let document: JSONField

  init() throws {
    tensors = try SafetensorsCheckpoint.open(Fixture.path("goldens/glyph-klein.safetensors"))
    let path = Fixture.path("goldens/glyph-klein.json")
    document = try JSONField.parse(FileReader.contents(of: path, limit: 1 << 20), document: path)
  }

  private func image(of id: String) throws -> Image {
    let name = "\(id).image"
    let extents = try #require(tensors.weight(named: name)).shape.extents
    return Image(
      width: extents[1], height: extents[0],
      pixels: try tensors.values(of: name).map { UInt8($0) })
  }

  private func recorded(_ id: String) throws -> Recorded {
    let field = try #require(
      try document["goldens"].array().first { try $0["id"].string() == id })
    let grid = TokenGrid(
      height: (try field.optional("height")?.integer() ?? 128) / 16,
      width: (try field.optional("width")?.integer() ?? 128) / 16)
    let reference = try field.optional("reference").map { try image(of: $0.string()) }
    return Recorded(
      id: id,
      request: PictureRequest(
        prompt: try field["prompt"].string(), noise: .seed(UInt64(try field["seed"].integer())),
        grid: grid, references: reference.map { [$0] } ?? []),
      settings: RenderSettings(
        stepCount: try field["steps"].integer(),
        levels: try field.optional("sigmas")?.array().map { try $0.double() },
        guidance: Float(try field["guidance"].double()),
        textTokenCount: try field.optional("max_sequence_length")?.integer() ?? 64))
  }

  /// Every kind of run: guided and not, levels of one's own, 512 text tokens, not square, with a
  /// reference picture. Latents may be as far from diffusers' as those of `mmdit-verify`'s
  /// reference, 1e-4 of their length; a picture's values are rounded to 255 levels, so a decoder
  /// that is off by less than a level moves a value by at most one.
  @Test(arguments: [
    "red-apple", "penguin-no-cfg-4-steps", "rocket-8-steps", "heart-512-tokens", "apple-wide",
    "apple-on-green",
  ])
  func promptsBecomeTheRecordedPictures(id: String) throws {
    let recorded = try recorded(id)
    let expected = try image(of: id)
    let expectedLatents = try tensors.values(of: "\(id).vae_latents")
    let pipeline = try PicturePipeline.open(Fixture.klein)
    var count = 0
    try pipeline.render([recorded.request], recorded.settings) { _, picture in
      count += 1
      let text = try tensors.values(of: "\(id).prompt_embeds")
      #expect(relativeError(of: picture.prepared.run.text, from: text) <= 1e-4)
      #expect(relativeError(of: picture.decoderLatents.values, from: expectedLatents) <= 1e-4)
      #expect(picture.image.width == expected.width && picture.image.height == expected.height)
      let apart = zip(picture.image.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
      #expect(apart.max() ?? 255 <= 1)
      // A value flips only where it lies within the decoder's error of the middle of two levels.
      #expect(apart.count { $0 != 0 } * 100 < apart.count)
    }
    #expect(count == 1)
  }

  /// A batch may sum in another order, so its pictures are a level apart at most.
  @Test func picturesMadeTogetherAreThoseMadeAlone() throws {
    let pipeline = try PicturePipeline.open(Fixture.klein)
    let requests = ["rocket", "cat face", "rocket"].enumerated().map { index, prompt in
      PictureRequest(
        prompt: prompt, noise: .seed(UInt64(index)), grid: TokenGrid(height: 4, width: 4))
    }
    let settings = RenderSettings(stepCount: 2, guidance: 2, textTokenCount: 32)
    var together: [Image] = []
    try pipeline.render(requests, settings) { index, picture in
      #expect(index == together.count)
      together.append(picture.image)
    }
    var alone: [Image] = []
    // One byte of activations: every picture in a group of its own.
    try pipeline.render(requests, settings, activationByteCount: 1) { alone.append($1.image) }
    #expect(together.count == 3 && alone.count == 3)
    for (first, second) in zip(together, alone) {
      #expect(zip(first.pixels, second.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
    #expect(together[0] != together[2])
  }

  private func relativeError(of values: [Float], from expected: [Float]) -> Double {
    var metrics = ErrorMetrics()
    metrics.add(reference: expected.span, candidate: values.span)
    return metrics.relativeError
  }
}
