import MMDiT
import Safetensors
import Sampling
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct InitialNoiseTests {
  /// The recorded noise was drawn by PyTorch. Its vectorized logarithm and cosine keep within two
  /// units in the last place (2⁻²³ each), and so do ours; a radius is at most
  /// √(2 · 24 ln 2) = 5.77, so two results are at most 5.77 · 4 · 2⁻²³ = 2.8e-6 apart.
  @Test func seedsGiveTheNoiseOfPyTorch() throws {
    let tensors = try SafetensorsCheckpoint.open(Fixture.path("goldens/glyph-klein.safetensors"))
    let path = Fixture.path("goldens/glyph-klein.json")
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 20), document: path)
    for golden in try document["goldens"].array() {
      let id = try golden["id"].string()
      let height = try golden.optional("height")?.integer() ?? 128
      let width = try golden.optional("width")?.integer() ?? 128
      let noise = try InitialNoise.standardNormal(
        grid: TokenGrid(height: height / 16, width: width / 16), channels: 128,
        seed: UInt64(try golden["seed"].integer()))
      let expected = try tensors.values(of: "\(id).noise")
      #expect(noise.count == expected.count)
      for (found, expected) in zip(noise, expected) { #expect(abs(found - expected) <= 2.8e-6) }
    }
  }

  /// Drawn by `torch.randn(1, 3, 3, 3, generator=torch.Generator().manual_seed(7))`, PyTorch 2.13;
  /// 27 numbers are no multiple of 16.
  @Test func theLastNumbersOfAnOddCountAreDrawnAnew() throws {
    let noise = try InitialNoise.standardNormal(
      grid: TokenGrid(height: 3, width: 3), channels: 3, seed: 7)
    let expected: [Float] = [
      -0.82013452, 0.39563116, 0.8989085, -1.3884039, -0.16699602,
      0.28514996, -0.64109153, -0.89365542, 0.926543, -0.53551221,
      -1.1597203, 1.3614851, -1.3032167, 0.087478377, -1.3849614,
      0.50356388, -0.083528228, -0.023477932, 0.17437536, -0.35672253,
      1.0955805, 0.48235416, 1.3989184, 1.4058529, -1.4012508,
      1.2973359, 1.6409333,
    ]
    let planar = (0..<3).flatMap { channel in (0..<9).map { noise[$0 * 3 + channel] } }
    #expect(zip(planar, expected).allSatisfy { abs($0 - $1) <= 2.8e-6 })
  }

  @Test func onlyTheLowHalfOfASeedCounts() throws {
    let grid = TokenGrid(height: 1, width: 1)
    let low = try InitialNoise.standardNormal(grid: grid, channels: 128, seed: 5)
    let high = try InitialNoise.standardNormal(grid: grid, channels: 128, seed: 5 + 1 << 32)
    #expect(low == high)
  }

  @Test(arguments: [(0, 1), (1 << 11, 1 << 10), (Int.max, 2)])
  func gridsWithoutTokensOrWithTooManyAreRefused(height: Int, width: Int) {
    #expect(throws: SamplingFailure.self) {
      try InitialNoise.standardNormal(
        grid: TokenGrid(height: height, width: width), channels: 128, seed: 0)
    }
  }
}
