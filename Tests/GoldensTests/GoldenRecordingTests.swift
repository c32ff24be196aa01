import Goldens
import Images
import MMDiT
import Rendering
import Sampling
import Storage
import TestSupport
import Testing

@Suite struct GoldenRecordingTests {
  private let settings = RenderSettings(stepCount: 2, guidance: 3, textTokenCount: 32)
  private let grid = TokenGrid(height: 3, width: 4)

  private func recording(_ prompts: [String]) throws -> GoldenRecording {
    try GoldenRecording(
      PicturePipeline.open(Fixture.klein), prompts: prompts, seed: 5, grid: grid,
      settings: settings, producer: "these tests")
  }

  @Test func aRecordedSetHoldsWhatThePipelineMakes() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      let recording = try recording(["a cat", "a cat", "Ж"])
      try recording.record(to: path, suiteVersion: "1.2.3")
      let set = try GoldenSet.open(path)
      #expect(set.producer == "these tests")
      #expect(set.goldens == recording.plan.runs.map(\.golden))
      #expect(set.goldens.map(\.id) == ["a-cat", "a-cat-2", "prompt"])
      #expect(set.goldens.map(\.seed) == [5, 6, 7])
      var pictures: [RenderedPicture] = []
      try recording.pipeline.render(
        zip(["a cat", "a cat", "Ж"], [5, 6, 7] as [UInt64]).map {
          PictureRequest(prompt: $0, noise: .seed($1), grid: grid)
        }, settings
      ) { pictures.append($1) }
      for (golden, picture) in zip(set.goldens, pictures) {
        let run = try set.load(golden)
        #expect(run.image == picture.image)
        #expect(run.trajectory.last == picture.latents)
        #expect(run.text == picture.prepared.run.text)
        #expect(run.negativeText == picture.prepared.run.negativeText)
      }
    }
  }

  @Test func aSetNamesTheFilesItWasRecordedFrom() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      try recording(["a"]).record(to: path, suiteVersion: "1.2.3")
      let provenance = try #require(try GoldenSet.open(path).provenance)
      #expect(provenance.suiteVersion == "1.2.3" && provenance.model == "glyph-klein")
      #expect(provenance.sources.count == 6)
      for source in provenance.sources {
        let file = try SHA256Digest.ofFile(FileSystem.path(Fixture.klein, source.name))
        #expect(source.sha256 == file.hexadecimal && source.byteCount == file.byteCount)
      }
    }
  }

  @Test func theByteCountIsKnownBefore() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      let recording = try recording(["a", "b"])
      let planned = try recording.plan.byteCount(path: path)
      try recording.record(to: path, suiteVersion: "1")
      #expect(try FileSystem.byteCount(of: path) == planned)
    }
  }

  @Test func withoutPromptsThereIsNothingToRecord() {
    #expect(throws: RenderingFailure.self) { try recording([]) }
  }

  @Test func aRecordingThatFailsLeavesNothing() throws {
    try TemporaryFolder.with { folder in
      // No prompt has room in no tokens, which is found out after the file was begun.
      let recording = try GoldenRecording(
        PicturePipeline.open(Fixture.klein), prompts: ["a"], seed: 0, grid: grid,
        settings: RenderSettings(stepCount: 1, textTokenCount: 1 << 30), producer: "these tests")
      #expect(throws: (any Error).self) {
        try recording.record(to: folder.path("set.safetensors"), suiteVersion: "1")
      }
      #expect(try FileSystem.names(in: folder.path).isEmpty)
    }
  }
}
