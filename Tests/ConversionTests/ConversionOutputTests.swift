import Checkpoints
import Conversion
import Failures
import Families
import Foundation
import Parallel
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct ConversionOutputTests {
  private func job(
    _ folder: TemporaryFolder, to output: String, layout: Layout = .diffusers,
    type: ElementType? = nil, size: String? = nil, replacing: (NamedTensor) -> NamedTensor = { $0 }
  ) throws -> ConversionJob {
    try folder.write("source.safetensors", TinyFlux2.original().map(replacing))
    return try ConversionJob(
      model: folder.path("source.safetensors"), output: folder.path(output), layout: layout,
      type: type, maximumFileSize: size)
  }

  @Test func shardsHaveAnIndexAndKeepTheLimit() throws {
    try TemporaryFolder.with { folder in
      let job = try job(folder, to: "out", size: "20KB")
      _ = try job.run()
      #expect(job.plan.files.count > 3)
      #expect(job.plan.files.allSatisfy { $0.byteCount <= 20_000 })
      let names = try FileSystem.names(in: folder.path("out"))
      #expect(
        names
          == (["config.json"] + job.plan.files.map(\.name)
          + ["diffusion_pytorch_model.safetensors.index.json"]).sorted())
      let checkpoint = try Checkpoint.open(folder.path("out"))
      #expect(checkpoint.configuration == job.checkpoint.configuration)
      #expect(checkpoint.weights.weights.count == TinyFlux2.diffusers().count)
    }
  }

  @Test func oneFileInAFolderHasNoIndex() throws {
    try TemporaryFolder.with { folder in
      _ = try job(folder, to: "out").run()
      let names = try FileSystem.names(in: folder.path("out"))
      #expect(names == ["config.json", "diffusion_pytorch_model.safetensors"])
    }
  }

  @Test(arguments: [
    ("1KB", "expected at least the largest tensor"), ("0", "found \"0\""), ("5XB", "found \"5XB\""),
    ("-1", "found \"-1\""), ("9999999999GB", "found \"9999999999GB\""), ("", "found \"\""),
  ])
  func aSizeThatCannotBeIsRefused(size: String, message: String) throws {
    try TemporaryFolder.with { folder in
      let failure = #expect(throws: ConversionFailure.self) {
        _ = try job(folder, to: "out", size: size)
      }
      #expect(failure?.description.contains(message) == true, "\(String(describing: failure))")
      #expect(failure?.kind == .usage)
    }
  }

  @Test func shardsUnderTheNameOfAFileAreRefused() throws {
    try TemporaryFolder.with { folder in
      let output = folder.path("out.safetensors")
      #expect(throws: ConversionFailure.shardsNeedAFolder(path: output)) {
        _ = try job(folder, to: "out.safetensors", size: "20KB")
      }
      let left = try FileSystem.names(in: folder.path)
      #expect(left == ["source.safetensors"])
    }
  }

  /// 65519 is the largest number that rounds to a finite binary16, 65520 the least that does not.
  @Test func valuesTooLargeForTheTypeAreCounted() throws {
    try TemporaryFolder.with { folder in
      let job = try job(folder, to: "out.safetensors", type: .float16) { tensor in
        guard tensor.name == "img_in.weight" else { return tensor }
        var tensor = tensor
        tensor.values.replaceSubrange(0..<5, with: [65519, 65520, -70000, .infinity, 1e30])
        return tensor
      }
      let outcome = try job.run()
      let counts = zip(job.plan.layout.tensors.map(\.name), outcome.overflowCounts)
      #expect(counts.filter { $0.1 > 0 }.map(\.0) == ["x_embedder.weight"])
      #expect(outcome.overflowCounts.reduce(0, +) == 3)
      let found = try SafetensorsCheckpoint.open(job.output)
      #expect(found.weights.allSatisfy { $0.encoding == "F16" })
      let values = try found.values(of: "x_embedder.weight")
      #expect(
        Array(values[0..<5]) == [65504, .infinity, -.infinity, .infinity, .infinity])
    }
  }

  @Test func aCastRoundsToNearestEven() throws {
    try TemporaryFolder.with { folder in
      // Halfway between two bfloat16 numbers: 1 + 1/256 goes down to even, 1 + 3/256 up.
      let job = try job(folder, to: "out.safetensors", type: .bfloat16) { tensor in
        guard tensor.name == "img_in.weight" else { return tensor }
        var tensor = tensor
        tensor.values.replaceSubrange(0..<2, with: [1 + 1 / 256, 1 + 3 / 256])
        return tensor
      }
      _ = try job.run()
      let values = try SafetensorsCheckpoint.open(job.output).values(of: "x_embedder.weight")
      #expect(Array(values[0..<2]) == [1, 1 + 4 / 256])
    }
  }

  @Test func aFolderWithFilesIsNotTouched() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("out")
      try folder.write("out/mine.txt", "mine")
      #expect(throws: StorageFailure.folderHasFiles(path: folder.path("out"))) {
        _ = try job(folder, to: "out")
      }
      #expect(try FileSystem.names(in: folder.path("out")) == ["mine.txt"])
      #expect(try FileSystem.names(in: folder.path) == ["out", "source.safetensors"])
    }
  }

  @Test func theSourceIsNotReplaced() throws {
    try TemporaryFolder.with { folder in
      try folder.write("source.safetensors", TinyFlux2.original())
      let before = try folder.read("source.safetensors")
      let path = folder.path("source.safetensors")
      #expect(throws: ConversionFailure.outputExists(path: path)) {
        _ = try ConversionJob(
          model: path, output: path, layout: .diffusers, type: nil, maximumFileSize: nil)
      }
      #expect(try folder.read("source.safetensors") == before)
    }
  }

  @Test(arguments: ["out", "out.safetensors"])
  func stoppedHalfWayNothingIsLeft(output: String) throws {
    try TemporaryFolder.with { folder in
      let job = try job(folder, to: output)
      let monitor = WorkMonitor(
        onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { true })
      #expect(throws: Cancelled.self) { _ = try job.run(monitor: monitor) }
      let left = try FileSystem.names(in: folder.path)
      #expect(left == ["source.safetensors"])
    }
  }

  @Test func whatAKilledRunLeftIsTakenOver() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("out.partial")
      try folder.write("out.partial/.mmdit-partial", "")
      try folder.write("out.partial/diffusion_pytorch_model.safetensors", "half")
      _ = try job(folder, to: "out/").run()
      let names = try FileSystem.names(in: folder.path)
      #expect(names == ["out", "source.safetensors"])
      _ = try Checkpoint.open(folder.path("out"))
    }
  }

  @Test func aPartialFolderOfSomeoneElseIsNotTouched() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("out.partial")
      try folder.write("out.partial/notes.txt", "mine")
      #expect(throws: StorageFailure.folderHasFiles(path: folder.path("out.partial"))) {
        _ = try job(folder, to: "out")
      }
      let names = try FileSystem.names(in: folder.path("out.partial"))
      #expect(names == ["notes.txt"])
    }
  }

  @Test func aLinkToAnEmptyFolderIsFollowed() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("real")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path("link"), withDestinationPath: folder.path("real"))
      _ = try job(folder, to: "link").run()
      let names = try FileSystem.names(in: folder.path("real"))
      #expect(names == ["config.json", "diffusion_pytorch_model.safetensors"])
      let all = try FileSystem.names(in: folder.path)
      #expect(all == ["link", "real", "source.safetensors"])
    }
  }

  /// The integer part of D × ratio is M again, for widths where M / D alone would lose one.
  @Test(arguments: [(112, 122), (16, 48), (6144, 18432), (1499, 4000), (49, 51)])
  func theRatioInTheConfigurationGivesTheWidthBack(width: Int, feedForward: Int) throws {
    var configuration = SyntheticWeights.smallConfiguration
    configuration.headCount = 1
    configuration.headSize = width
    configuration.feedForwardSize = feedForward
    let document = JSONField(document: "config.json", value: configuration.component.configDocument)
    let ratio = try document["mlp_ratio"].double()
    #expect(Int(Double(width) * ratio) == feedForward)
  }
}
