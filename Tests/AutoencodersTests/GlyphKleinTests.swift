import Autoencoders
import Families
import Images
import Parallel
import Safetensors
import Storage
import StrictJSON
import Synchronization
import Tensors
import TestSupport
import Testing

/// The trained fixture against the runs that diffusers recorded with it.
@Suite struct GlyphKleinTests {
  let autoencoder: Autoencoder
  let recorded: SafetensorsCheckpoint
  /// Runs and the run whose picture is their reference.
  let runs: [(id: String, reference: String?)]

  init() throws {
    func document(_ path: String) throws -> JSONField {
      try JSONField.parse(FileReader.contents(of: path, limit: 1 << 20), document: path)
    }
    let folder = FileSystem.path(Fixture.klein, "vae")
    let weights = try SafetensorsCheckpoint.open(folder).component(
      stated: document("\(folder)/config.json"))
    autoencoder = try Autoencoder(configuration: weights.configuration, weights: weights)
    recorded = try SafetensorsCheckpoint.open("\(Fixture.goldens)/glyph-klein.safetensors")
    runs = try document("\(Fixture.goldens)/glyph-klein.json")["goldens"].array().map {
      (try $0["id"].string(), try $0.optional("reference")?.string())
    }
  }

  private func image(_ id: String) throws -> Image {
    let shape = try #require(recorded.weight(named: "\(id).image")).shape
    return Image(
      width: shape.extents[1], height: shape.extents[0],
      pixels: try recorded.values(of: "\(id).image").map { UInt8($0) })
  }

  /// A value is off by 1.1e-5 (below) of values of about 1, 1.4e-3 levels: it is rounded otherwise
  /// when it lies that near to a half, one value in 350. No value is off by a level.
  @Test func everyRecordedPictureIsDecoded() throws {
    #expect(runs.count == 22)
    var (equal, all) = (0, 0)
    for run in runs {
      let shape = try #require(recorded.weight(named: "\(run.id).vae_latents")).shape
      let latents = Latents(
        channels: shape.extents[0], height: shape.extents[1], width: shape.extents[2],
        values: try recorded.values(of: "\(run.id).vae_latents"))
      let found = try autoencoder.decode(latents).image
      let expected = try image(run.id)
      #expect(found.width == expected.width && found.height == expected.height)
      #expect(
        zip(found.pixels, expected.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(run.id)")
      equal += zip(found.pixels, expected.pixels).count { $0 == $1 }
      all += expected.pixels.count
    }
    print("\(equal) of \(all) values of the pictures are equal")
    #expect(all - equal <= all / 350)
  }

  /// With u = 2⁻²⁴, K = 9 · 128 terms of the longest rows, 15 layers and two independent sides that
  /// round: √1152 · u · √15 · √2 = 1.1e-5.
  @Test func referencesAreEncoded() throws {
    var count = 0
    for run in runs {
      guard let reference = run.reference else { continue }
      count += 1
      let error = relativeError(
        try autoencoder.encode(image(reference)),
        try recorded.values(of: "\(run.id).reference_tokens").map(Double.init))
      print("\(run.id): the tokens of its reference are off by \(error)")
      #expect(error <= 1.1e-5)
    }
    #expect(count == 2)
  }

  @Test func layersAreCountedAndCanBeStopped() throws {
    let tokens = [Float](repeating: 0, count: 4 * 128)
    let counts = Mutex((total: 0, done: 0))
    let monitor = WorkMonitor(
      onBegin: { _, total, _ in counts.withLock { $0.total += total } },
      onAdvance: { amount in counts.withLock { $0.done += amount } }, isCancelled: { false })
    let image = try autoencoder.decode(tokens, gridHeight: 2, gridWidth: 2, monitor: monitor).image
    #expect(counts.withLock { $0.total == $0.done && $0.total > 0 })
    _ = try autoencoder.encode(image, monitor: monitor)
    #expect(counts.withLock { $0.total == $0.done })
    #expect(throws: Cancelled.self) {
      _ = try autoencoder.decode(
        tokens, gridHeight: 2, gridWidth: 2,
        monitor: RecordingMonitor(stoppingAfter: 20).monitor)
    }
  }
}
