import Autoencoders
import Families
import Images
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct AutoencoderFailureTests {
  private func tensors() throws -> (Configuration, [NamedTensor]) {
    let configuration = try TinyAutoencoder.configuration(TinyAutoencoder.narrowDecoder)
    return (configuration, TinyAutoencoder.tensors(configuration))
  }

  private func autoencoder() throws -> Autoencoder {
    let (configuration, tensors) = try tensors()
    return try Autoencoder(configuration: configuration, weights: WeightsInMemory(tensors))
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch {
      return error is AutoencoderFailure ? "\(error)" : "another failure: \(error)"
    }
  }

  @Test(arguments: ["autoencoder-flux1", "autoencoder-sd3"])
  func otherAutoencodersAreRefusedByName(_ name: String) throws {
    let published = try PublishedComponent(name)
    let weights = try WeightsInMemory(shapes: published.tensors).component(
      stated: published.config)
    #expect(
      message { _ = try Autoencoder(configuration: weights.configuration, weights: weights) }
        .hasPrefix(
          "memory: expected a FLUX.2 autoencoder, found the autoencoder of FLUX.1 or Stable "
            + "Diffusion 3\n"))
  }

  @Test(arguments: ["autoencoder-flux2", "autoencoder-flux2-small-decoder"])
  func thePublishedAutoencodersAreTaken(_ name: String) throws {
    let published = try PublishedComponent(name)
    let weights = try WeightsInMemory(shapes: published.tensors).component(
      stated: published.config)
    let autoencoder = try Autoencoder(configuration: weights.configuration, weights: weights)
    #expect(autoencoder.tokenChannels == 128)
  }

  @Test func missingAndMisshapenWeightsAreListed() throws {
    var (configuration, tensors) = try tensors()
    tensors.removeAll { $0.name == "decoder.conv_out.bias" }
    let index = try #require(tensors.firstIndex { $0.name == "bn.running_mean" })
    tensors[index] = NamedTensor("bn.running_mean", [4], [0, 0, 0, 0])
    #expect(
      message {
        _ = try Autoencoder(configuration: configuration, weights: WeightsInMemory(tensors))
      } == """
        memory: tensor "bn.running_mean": expected shape [16], found [4]
        memory: tensor "decoder.conv_out.bias": expected shape [3], found no such tensor
        Compare the autoencoder's config.json with the file: they describe two models.
        """)
  }

  @Test func channelsThat32GroupsCannotShareAreRefused() throws {
    let configuration = try TinyAutoencoder.configuration(
      TinyAutoencoder.document(
        encoder: [32, 32, 32, 48], decoder: [32, 32, 32, 32], layers: 1, latent: 4, quant: false))
    #expect(
      message {
        _ = try Autoencoder(
          configuration: configuration,
          weights: WeightsInMemory(TinyAutoencoder.tensors(configuration)))
      }.hasPrefix(
        "memory: encoder_channels_3: expected a multiple of the 32 groups of a norm, up to 65536, "
          + "found 48"))
  }

  /// No shape tells the groups: a config.json that says others is of a network that is not computed.
  @Test func otherGroupsOfANormAreRefused() throws {
    let published = try PublishedComponent("autoencoder-flux2")
    guard case .object(var object) = published.config.value else {
      Issue.record("a config.json is an object")
      return
    }
    object = JSONObject(
      object.map { ($0.key, $0.key == "norm_num_groups" ? JSONValue(16) : $0.value) })
    let document = JSONField(document: "config.json", value: .object(object))
    #expect {
      _ = try WeightsInMemory(shapes: published.tensors).component(stated: document)
    } throws: {
      "\($0)".hasPrefix("config.json: norm_num_groups: expected 32, found 16")
    }
  }

  @Test func picturesOfFourChannelsAreRefused() throws {
    var document = TinyAutoencoder.narrowDecoder
    document["input_channels"] = 4
    let configuration = try TinyAutoencoder.configuration(document)
    #expect(
      message {
        _ = try Autoencoder(
          configuration: configuration,
          weights: WeightsInMemory(TinyAutoencoder.tensors(configuration)))
      }.hasPrefix("memory: input_channels: expected 3, red, green and blue, found 4"))
  }

  @Test func anEpsilonOutsideOfItsRangeIsRefused() throws {
    var document = TinyAutoencoder.narrowDecoder
    document["batch_norm_epsilon"] = -1
    #expect(
      message {
        let configuration = try TinyAutoencoder.configuration(document)
        _ = try Autoencoder(
          configuration: configuration,
          weights: WeightsInMemory(TinyAutoencoder.tensors(configuration)))
      } != "no failure")
  }

  @Test(arguments: [-1, .nan, .infinity] as [Float])
  func aVarianceThatIsNoneIsRefused(_ variance: Float) throws {
    var (configuration, tensors) = try tensors()
    let index = try #require(tensors.firstIndex { $0.name == "bn.running_var" })
    tensors[index].values[3] = variance
    let autoencoder = try Autoencoder(
      configuration: configuration, weights: WeightsInMemory(tensors))
    #expect(
      message {
        _ = try autoencoder.decode(
          [Float](repeating: 0, count: 16), gridHeight: 1, gridWidth: 1)
      }.hasPrefix(
        "memory: tensor \"bn.running_var\", value 3: expected a finite number of at least 0, found "
          + "\(variance)"))
  }

  @Test func tokensHaveToFitTheGrid() throws {
    let autoencoder = try autoencoder()
    #expect(
      message {
        _ = try autoencoder.decode(
          [Float](repeating: 0, count: 95), gridHeight: 2, gridWidth: 3)
      } == "memory: tokens: expected 2 × 3 tokens × 16 channels, found 95 values")
  }

  @Test(arguments: [(0, 3), (3, 0), (-1, -1)])
  func anEmptyGridIsRefused(_ height: Int, _ width: Int) throws {
    let autoencoder = try autoencoder()
    #expect(
      message { _ = try autoencoder.decode([], gridHeight: height, gridWidth: width) }
        == "memory: grid of tokens: expected at least 1 × 1, found \(height) × \(width)")
  }

  @Test(arguments: [(Int.max, 2), (1 << 32, 1 << 32), (1 << 14, 1 << 13)])
  func aGridBeyondTheBoundIsRefused(_ height: Int, _ width: Int) throws {
    let autoencoder = try autoencoder()
    #expect(
      message { _ = try autoencoder.decode([], gridHeight: height, gridWidth: width) }
        == "memory: grid of tokens: expected at most 67108864 positions, found \(height) × \(width)"
    )
  }

  @Test func latentsOfOtherChannelsAreRefused() throws {
    let autoencoder = try autoencoder()
    let latents = Latents(
      channels: 3, height: 2, width: 2, values: [Float](repeating: 0, count: 12))
    #expect(
      message { _ = try autoencoder.decode(latents) }
        == "memory: latents: expected 4 channels, found 3")
  }

  @Test(arguments: [(16, 24), (8, 16), (17, 16)])
  func aPictureThatIsNoMultipleOf16IsRefused(_ width: Int, _ height: Int) throws {
    let autoencoder = try autoencoder()
    let image = Image(
      width: width, height: height, pixels: [UInt8](repeating: 0, count: 3 * width * height))
    #expect(
      message { _ = try autoencoder.encode(image) }
        == "memory: picture: expected a width and a height that are multiples of 16, found "
        + "\(width) × \(height)")
  }

  /// Halves go to the even neighbour; what lies outside is clamped, and no number is black.
  @Test func valuesOfAPictureAreRoundedAsInDiffusers() {
    let values: [Float] = [
      -1, 1, -3, 3, .nan, .infinity, -.infinity, 0, 1 / 255, 3 / 255, 0.5, -0.5,
    ]
    let picture = Picture(height: 2, width: 2, values: values)
    // 0 is 127.5, to even 128; 1/255 is 128 and 3/255 is 129; 0.5 is 191.25 and −0.5 is 63.75.
    #expect(
      picture.image.pixels == [0, 0, 128, 255, 255, 129, 0, 0, 191, 255, 128, 64])
    let image = Image(width: 2, height: 1, pixels: [0, 255, 7, 128, 127, 64])
    #expect(Picture(image).image == image)
  }
}
