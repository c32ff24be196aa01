import MMDiT
import Rendering
import TestSupport
import Testing

@Suite struct RenderOptionTests {
  @Test func sizesAreWidthThenHeight() throws {
    let grid = try RenderOptions.grid("1024x768")
    #expect(grid == TokenGrid(height: 48, width: 64))
  }

  @Test(arguments: [
    "", "x", "128", "128x", "x128", "128x128x128", "0x16", "-16x16", "100x128", "128X128",
    "65552x16", "99999999999999999999x16",
  ])
  func otherSizesAreRefused(size: String) {
    #expect(throws: RenderingFailure.self) { try RenderOptions.grid(size) }
  }

  @Test func levelsAreNumbersBetweenCommas() throws {
    #expect(try RenderOptions.levels("1.0, 0.65,3e-1") == [1, 0.65, 0.3])
    #expect(throws: RenderingFailure.self) { try RenderOptions.levels("1.0,,0.3") }
    #expect(throws: RenderingFailure.self) { try RenderOptions.levels("") }
    #expect(throws: RenderingFailure.self) { try RenderOptions.levels("a") }
  }

  @Test func everyLineOfAFileIsAPrompt() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("prompts.txt", "a cat\r\n\n   \n  zwei Äpfel\n")
      #expect(try RenderOptions.prompts(ofFile: path) == ["a cat", "  zwei Äpfel"])
      let other = try folder.write("other.txt", [0x61, 0xff])
      #expect(throws: RenderingFailure.self) { try RenderOptions.prompts(ofFile: other) }
    }
  }

  /// One picture is a file, several are a folder: the other way round is a mistake.
  @Test(arguments: [(["a"], "folder"), (["a", "b"], "a.png"), ([], "a.png")])
  func outputsThatDoNotFitThePromptsAreRefused(prompts: [String], output: String) {
    var options = RenderOptions(
      model: Fixture.klein, prompts: prompts, output: output, software: "test")
    options.size = "64x64"
    #expect(throws: RenderingFailure.self) { try RenderJob(options) }
  }

  @Test(arguments: [
    RenderSettings(stepCount: 0), RenderSettings(stepCount: 3, levels: [1, 0.5]),
    RenderSettings(levels: [0.5, 1]), RenderSettings(levels: []),
    RenderSettings(guidance: -1), RenderSettings(guidance: .nan),
    RenderSettings(textTokenCount: 0),
  ])
  func settingsThatCannotBeFulfilledAreRefused(settings: RenderSettings) throws {
    let pipeline = try PicturePipeline.open(Fixture.klein)
    let request = PictureRequest(
      prompt: "a", noise: .seed(0), grid: TokenGrid(height: 4, width: 4))
    #expect(throws: (any Error).self) { try pipeline.prepare([request], settings) }
  }
}
