import Images
import MMDiT
import Operations
import Rendering
import Sampling
import Storage
import StrictJSON
import TestSupport
import Testing

@Suite struct RenderJobTests {
  private func options(_ prompts: [String], _ output: String) -> RenderOptions {
    var options = RenderOptions(
      model: Fixture.klein, prompts: prompts, output: output, software: "tests 1.0")
    options.size = "64x48"
    options.seed = 9
    options.settings = RenderSettings(stepCount: 1, guidance: 1, textTokenCount: 32)
    return options
  }

  @Test func aPictureSaysHowItWasMade() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.png")
      let pictures = try RenderJob(options(["zwei Äpfel"], path)).run()
      let (image, texts) = try Image.readPNG(path)
      #expect(image == pictures[0].image && image.width == 64 && image.height == 48)
      let text = Dictionary(uniqueKeysWithValues: texts.map { ($0.keyword, $0.text) })
      #expect(text["Software"] == "tests 1.0" && text["Description"] == "zwei Äpfel")
      let made = try JSONField.parse(
        Array(try #require(text["mmdit-render"]).utf8), document: "picture")
      #expect(try made["seed"].integer() == 9)
      #expect(try made["steps"].integer() == 1)
      #expect(try made["arithmetic"].string() == "float32")
      #expect(try made["guidance_kind"].string() == "classifier_free")
      #expect(try made["sigmas"].array().map { try $0.double() } == [1, 0])
    }
  }

  @Test func anArithmeticIsUsedAndSaid() throws {
    try TemporaryFolder.with { folder in
      var pictures: [RenderedPicture] = []
      for arithmetic in Arithmetic.allCases {
        var options = options(["a"], folder.path("a.png"))
        options.arithmetic = arithmetic
        let job = try RenderJob(options)
        pictures += try job.run()
        let made = JSONField(
          document: "", value: job.document(of: pictures[pictures.count - 1].prepared))
        #expect(try made["arithmetic"].string() == arithmetic.rawValue)
        #expect(
          try Image.readPNG(options.output).texts.contains {
            $0.text.contains(#""arithmetic":"\#(arithmetic.rawValue)""#)
          })
      }
      #expect(pictures[0].latents != pictures[1].latents)
      #expect(pictures[1].latents != pictures[2].latents)
      // What leads to the transformer is the same.
      #expect(pictures[0].prepared.run.text == pictures[2].prepared.run.text)
    }
  }

  @Test func severalPicturesAreNumberedInAFolder() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("pictures")
      let pictures = try RenderJob(options(["a", "b"], path)).run()
      #expect(try FileSystem.names(in: path) == ["001.png", "002.png"])
      #expect(try Image.readPNG(FileSystem.path(path, "002.png")).image == pictures[1].image)
    }
  }

  /// As diffusers takes latents, `[1, C, height, width]`, and token by token.
  @Test func noiseFromAFileIsThatOfItsSeed() throws {
    try TemporaryFolder.with { folder in
      let seeded = try RenderJob(options(["a"], folder.path("a.png"))).run()[0]
      let noise = seeded.prepared.run.noise
      let planar = (0..<128).flatMap { channel in (0..<12).map { noise[$0 * 128 + channel] } }
      for (name, shape, values) in [
        ("planar", [1, 128, 3, 4], planar), ("tokens", [12, 128], noise),
      ] {
        let path = try folder.write(
          "\(name).safetensors",
          SafetensorsBytes.file(stored: [StoredTensor(name, shape, float32: values)]))
        for place in [path, "\(path):\(name)"] {
          var options = options(["a"], folder.path("b.png"))
          options.noise = place
          let picture = try RenderJob(options).run()[0]
          #expect(picture.image == seeded.image)
        }
      }
    }
  }
}
