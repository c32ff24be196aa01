import Autoencoders
import Families
import Images
import StrictJSON
import Tensors
import TestSupport
import Testing

/// Networks of other widths than the fixture's against what diffusers computed.
///
/// Both sides round. With u = 2⁻²⁴, a sum of K terms is off by about √K · u of its size; the longest
/// rows have K = 9 · 96 = 864 terms, some 40 layers add up like a random walk, and there are two
/// independent sides: √864 · u · √40 · √2 = 1.6e-5.
private let tolerance = 1.6e-5

@Suite struct TinyAutoencoderTests {
  @Test(arguments: [
    ("narrow-decoder", TinyAutoencoder.narrowDecoder),
    ("quant-convolutions", TinyAutoencoder.quantConvolutions),
  ])
  func decodesAndEncodesAsDiffusers(_ name: String, _ document: [String: JSONValue]) throws {
    let configuration = try TinyAutoencoder.configuration(document)
    let autoencoder = try Autoencoder(
      configuration: configuration,
      weights: WeightsInMemory(TinyAutoencoder.tensors(configuration)))
    let golden = try TinyAutoencoder.golden(name)

    let tokens = try golden.values(of: "tokens")
    let latents = try autoencoder.latents(ofTokens: tokens, gridHeight: 3, gridWidth: 5)
    // The square root of torch is off by a unit in the last place now and then. Products are below
    // 2.6, latents below 2.9: 2.6 · 2⁻²³, and a rounding of both on each side.
    #expect(
      zip(latents.values, try golden.values(of: "latents")).allSatisfy {
        abs(Double($0) - Double($1)) <= (2 * 2.6 + 2 * (2.6 + 2.9)) * 0x1p-24
      })
    let picture = try autoencoder.decode(tokens, gridHeight: 3, gridWidth: 5)
    #expect(picture.height == 48 && picture.width == 80)
    let decodingError = relativeError(
      picture.values, try golden.values(of: "picture").map(Double.init))
    #expect(decodingError <= tolerance)
    let image = try golden.values(of: "image").map { UInt8($0) }
    #expect(zip(picture.image.pixels, image).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    let equal = zip(picture.image.pixels, image).count { $0 == $1 }
    // A value is rounded otherwise when it lies within its error of a half: 255/2 levels for each
    // unit of a value of up to 6, an error of 6 · 1.6e-5 to both sides.
    #expect(Double(equal) >= Double(image.count) * (1 - 2 * 127.5 * 6 * tolerance))

    let source = Image(
      width: 32, height: 48, pixels: try golden.values(of: "source").map { UInt8($0) })
    let encoded = try autoencoder.encodeToLatents(source)
    #expect(encoded.height == 6 && encoded.width == 4)
    let encodingError = relativeError(
      encoded.values, try golden.values(of: "encoded_latents").map(Double.init))
    #expect(encodingError <= tolerance)
    let tokenError = relativeError(
      try autoencoder.encode(source), try golden.values(of: "encoded_tokens").map(Double.init))
    #expect(tokenError <= tolerance)
    print("\(name): decoded \(decodingError), encoded \(encodingError), tokens \(tokenError)")
    print("\(name): \(equal) of \(image.count) values of the picture are equal")
  }

  @Test func resultsDoNotDependOnTheThreads() throws {
    let configuration = try TinyAutoencoder.configuration(TinyAutoencoder.narrowDecoder)
    let autoencoder = try Autoencoder(
      configuration: configuration,
      weights: WeightsInMemory(TinyAutoencoder.tensors(configuration)))
    let tokens = TinyAutoencoder.hashes(6 * 5 * 16, tensor: 5)
    let picture = try autoencoder.decode(tokens, gridHeight: 6, gridWidth: 5, threads: 1)
    let latents = try autoencoder.encodeToLatents(picture.image, threads: 1)
    for threads in [2, 3, 7] {
      #expect(
        try autoencoder.decode(tokens, gridHeight: 6, gridWidth: 5, threads: threads) == picture)
      #expect(try autoencoder.encodeToLatents(picture.image, threads: threads) == latents)
    }
  }

  @Test func tokensAndLatentsAreEachOthersInverse() throws {
    let means = TinyAutoencoder.hashes(12, tensor: 1)
    let statistics = try LatentStatistics(
      WeightsInMemory([
        NamedTensor("bn.running_mean", [12], means),
        NamedTensor("bn.running_var", [12], TinyAutoencoder.hashes(12, tensor: 2).map { $0 + 1 }),
      ]), epsilon: 1e-4)
    // Token 1 of a grid of 1 × 2, channel 4 · 2 + 2 · 1 + 0: channel 2 in row 1 and column 2.
    var tokens = [Float](repeating: 0, count: 24)
    tokens[12 + 10] = 1
    let latents = statistics.latents(ofTokens: tokens, gridHeight: 1, gridWidth: 2)
    #expect(latents.channels == 3 && latents.height == 2 && latents.width == 4)
    for (index, value) in latents.values.enumerated() {
      let isThat = index == 2 * 8 + 4 + 2
      #expect(isThat == !means.contains(value))
    }
    // One product, one sum, one difference and one quotient of values below 3.
    let back = statistics.tokens(of: latents)
    let smallest = Double(statistics.deviations.min() ?? 0)
    #expect(
      zip(back, tokens).allSatisfy { abs(Double($0) - Double($1)) <= 4 * 3 * 0x1p-24 / smallest })
  }
}
