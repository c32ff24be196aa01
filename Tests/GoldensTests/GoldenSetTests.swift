import Goldens
import Images
import MMDiT
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The committed set of the small model.
let goldens = FileSystem.path(Fixture.goldens, "glyph-klein.safetensors")

@Suite struct GoldenSetTests {
  @Test func theFixtureHasItsRuns() throws {
    let set = try GoldenSet.open(goldens)
    #expect(set.goldens.count == 22)
    #expect(set.goldens.count { $0.loras.isEmpty } == 18)
    #expect(set.producer.hasPrefix("diffusers"))
    let wide = try #require(set.goldens.first { $0.id == "apple-wide" })
    #expect((wide.grid.height, wide.grid.width) == (6, 10))
    let run = try set.load(wide)
    #expect(run.noise.count == 60 * 128)
    #expect(run.velocities.count == 6)
    #expect(run.trajectory.count == 7)
    #expect(run.decoderLatents?.count == 32 * 12 * 20)
    let image = try #require(run.image)
    #expect((image.width, image.height) == (160, 96))
    let tensors = try SafetensorsCheckpoint.open(goldens)
    #expect(image.pixels.map(Float.init) == (try tensors.values(of: "apple-wide.image")))
  }

  @Test func theDocumentOfTheFixtureIsReadWhole() throws {
    let set = try GoldenSet.open(goldens)
    let apple = try set.golden("red-apple")
    #expect(apple.seed == 100)
    #expect(apple.unshiftedSigmas == nil)
    #expect(set.negativePrompt.isEmpty)
    #expect(set.provenance == nil)
    let ink = try set.golden("apple-ink")
    #expect(ink.loras == [Golden.LoRA(path: "lora-ink", strength: 1)])
    #expect(set.goldens.contains { $0.unshiftedSigmas?.count == 8 })
    #expect(throws: GoldenFailure.self) { try set.golden("banana") }
  }

  /// The trajectory is Euler from noise and velocities; its end, unpacked, must be what the
  /// recorded run handed to its decoder after undoing the packing: channel c·4 + 2·y + x of token
  /// (r, s) is channel c of pixel (2r + y, 2s + x). The decoder's input is scaled and shifted per
  /// packed channel, so it is compared by its correlation within each channel.
  @Test func theTrajectoryEndsWhereTheRecordedRunEnded() throws {
    let set = try GoldenSet.open(goldens)
    let tensors = try SafetensorsCheckpoint.open(goldens)
    let run = try set.load(try #require(set.goldens.first { $0.id == "rocket" }))
    let end = try #require(run.trajectory.last)
    let decoded = try tensors.values(of: "rocket.vae_latents")
    for channel in 0..<128 {
      let (plane, y, x) = (channel / 4, channel / 2 % 2, channel % 2)
      var pairs: [(Double, Double)] = []
      for row in 0..<8 {
        for column in 0..<8 {
          let pixel = plane * 256 + (2 * row + y) * 16 + 2 * column + x
          pairs.append(
            (Double(end[(row * 8 + column) * 128 + channel]), Double(decoded[pixel])))
        }
      }
      #expect(correlation(pairs) > 0.999_999, "channel \(channel)")
    }
  }

  private func correlation(_ pairs: [(Double, Double)]) -> Double {
    let count = Double(pairs.count)
    let mean = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0 / count, $0.1 + $1.1 / count) }
    let sums = pairs.reduce((0.0, 0.0, 0.0)) { sums, pair in
      let (a, b) = (pair.0 - mean.0, pair.1 - mean.1)
      return (sums.0 + a * b, sums.1 + a * a, sums.2 + b * b)
    }
    return sums.0 / (sums.1 * sums.2).squareRoot()
  }

  /// A set of one run without tensors worth the name, each time wrong in one way.
  @Test(arguments: [
    ("{\"goldens\":[{\"id\":\"a\",\"steps\":0,\"guidance\":1}]}", "goldens[0].steps"),
    ("{\"goldens\":[{\"id\":\"a\",\"steps\":1}]}", "guidance"),
    ("{\"goldens\":[{\"id\":\"b\",\"steps\":1,\"guidance\":1}]}", "b.prompt_embeds"),
    (
      "{\"goldens\":[{\"id\":\"a\",\"steps\":1,\"guidance\":1,\"height\":15}]}",
      "goldens[0].height"
    ),
    (
      "{\"goldens\":[{\"id\":\"a\",\"steps\":1,\"guidance\":1},"
        + "{\"id\":\"a\",\"steps\":1,\"guidance\":1}]}", "goldens[1].id"
    ),
    ("{}", "goldens"),
  ])
  func aDocumentThatLiesIsRefused(document: String, message: String) throws {
    try TemporaryFolder.with { folder in
      try folder.write(
        "s.safetensors", SafetensorsBytes.file([("a.prompt_embeds", .float32, [2, 3])]))
      try folder.write("s.json", document)
      let failure = #expect(throws: (any Error).self) {
        _ = try GoldenSet.open(folder.path("s.safetensors"))
      }
      let text = failure.map { "\($0)" } ?? ""
      #expect(text.contains(message), "\(text)")
    }
  }

  @Test func aTensorOfAnotherShapeIsNamed() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "s.safetensors",
        SafetensorsBytes.file([
          ("a.prompt_embeds", .float32, [2, 3]), ("a.noise", .float32, [4, 5]),
        ]))
      try folder.write(
        "s.json",
        "{\"goldens\":[{\"id\":\"a\",\"steps\":1,\"guidance\":1,\"height\":16,\"width\":16}]}")
      let set = try GoldenSet.open(path)
      let failure = GoldenFailure.wrongShape(
        path: path, name: "a.noise", expected: Shape([1, 5]), found: Shape([4, 5]))
      #expect(throws: failure) { _ = try set.load(set.goldens[0]) }
    }
  }
}
