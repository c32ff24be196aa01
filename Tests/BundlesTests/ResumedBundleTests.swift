import Bundles
import Families
import Parallel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ResumedBundleTests {
  /// A network whose first matrix takes several blocks of rows, so that waves are cut too.
  private static let configuration: Flux2Configuration = {
    var configuration = SyntheticWeights.smallConfiguration
    configuration.textSize = 40_000
    return configuration
  }()

  private struct Run {
    let folder: TemporaryFolder
    let weights: CanonicalWeights
    let compress: Bool

    init(_ folder: TemporaryFolder, compress: Bool) throws {
      self.folder = folder
      self.compress = compress
      weights = try SyntheticWeights(ResumedBundleTests.configuration).canonical(
        ResumedBundleTests.configuration)
    }

    @discardableResult
    func callAsFunction(
      _ name: String, resuming: Bool, job: String = "test", threads: Int = 1,
      stoppingAfter count: Int = .max
    ) throws -> Resumption {
      let monitor = RecordingMonitor(stoppingAfter: count).monitor
      let resumption = Resumption(
        of: JobFingerprint(job: job), isWanted: resuming, monitor: monitor)
      _ = try quantize(
        weights, as: BundleBuilder.plan(weights, .usual), provenance: BundleBuilder.provenance,
        to: folder.path(name), compress: compress, threads: threads, resumption: resumption,
        monitor: monitor)
      return resumption
    }
  }

  /// Leaves what a run left that was stopped after some blocks.
  private func leave(_ run: Run, after count: Int, threads: Int = 1) throws {
    #expect(throws: Cancelled.self) {
      try run("out", resuming: true, threads: threads, stoppingAfter: count)
    }
  }

  @Test(arguments: [false, true])
  func stoppedAnywhereItEndsAsTheUninterruptedOne(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let run = try Run(folder, compress: compress)
      try run("whole", resuming: false)
      // Each run takes over what those before it made, which asks as often as making it, and goes a
      // little further, on another number of threads.
      for (index, count) in stride(from: 1, to: 30, by: 3).enumerated() {
        try leave(run, after: count, threads: index % 3 + 1)
        #expect(
          try FileSystem.names(in: folder.path) == ["out.partial", "out.partial.journal", "whole"])
      }
      let last = try run("out", resuming: true, threads: 2)
      #expect(try folder.read("out") == folder.read("whole"))
      #expect(try FileSystem.names(in: folder.path) == ["out", "whole"])
      #expect(last.takenOverByteCount > 0)
      #expect(last.damagedPieceCount == 0)
    }
  }

  /// Only the last block and the header are missing.
  @Test(arguments: [false, true])
  func allThatWasWrittenIsTakenOver(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let run = try Run(folder, compress: compress)
      try run("out", resuming: false)
      let stored = try Bundle.open(folder.path("out")).weights.storedByteCount
      var most = 0
      for count in stride(from: 1, to: 200, by: 1) {
        do {
          try run("out", resuming: true, stoppingAfter: count)
          break
        } catch is Cancelled { most = count }
      }
      try leave(run, after: most)
      let taken = try run("out", resuming: true).takenOverByteCount
      #expect(taken < stored && taken > stored * 9 / 10)
    }
  }

  /// The first bytes and some of all others, those between segments too.
  @Test(arguments: [false, true])
  func damageAnywhereIsMadeGood(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let run = try Run(folder, compress: compress)
      try run("whole", resuming: false)
      let whole = try folder.read("whole")
      try leave(run, after: 12)
      let (partial, journal) = try (
        folder.read("out.partial"), folder.read("out.partial.journal")
      )
      var damagedRuns = 0
      for byte in Array(0..<64) + stride(from: 64, to: partial.count, by: partial.count / 50) {
        var content = partial
        content[byte] ^= 0xFF
        try folder.write("out.partial", content)
        try folder.write("out.partial.journal", journal)
        let resumption = try run("out", resuming: true)
        #expect(try folder.read("out") == whole, "byte \(byte)")
        damagedRuns += resumption.damagedPieceCount
        try folder.remove("out")
      }
      #expect(damagedRuns > 0)
    }
  }

  @Test func anotherJobTakesNothingOver() throws {
    try TemporaryFolder.with { folder in
      let run = try Run(folder, compress: false)
      try leave(run, after: 12)
      let resumption = try run("out", resuming: true, job: "other")
      #expect(resumption.takenOverByteCount == 0)
    }
  }
}

@Suite struct QuantizationFingerprintTests {
  private func taken(
    _ folder: TemporaryFolder, recipe: String = "int8", compress: Bool = false,
    digestsSources: Bool = true, producer: String = "test 1"
  ) throws -> Int {
    let job = try QuantizationJob(model: folder.path("a"), recipe: recipe, threads: 1)
    return try job.run(
      output: folder.path("out"), compress: compress, digestsSources: digestsSources,
      resuming: true, producer: producer
    ).takenOverByteCount
  }

  private func leave(_ folder: TemporaryFolder) throws {
    try folder.makeFolder("a")
    try folder.write("a/model.safetensors", TinyFlux2.diffusers())
    let job = try QuantizationJob(model: folder.path("a"), recipe: "int8", threads: 1)
    // Hashing the one source asks once.
    #expect(throws: Cancelled.self) {
      _ = try job.run(
        output: folder.path("out"), compress: false, resuming: true, producer: "test 1",
        monitor: RecordingMonitor(stoppingAfter: 12).monitor)
    }
  }

  @Test func theSameJobIsGoneOnWith() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      #expect(try taken(folder) > 0)
    }
  }

  @Test func anotherRecipeStorageVersionOrSourceIsAnotherJob() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      #expect(try taken(folder, recipe: "int4") == 0)
      try leave(folder)
      #expect(try taken(folder, compress: true) == 0)
      try leave(folder)
      #expect(try taken(folder, producer: "test 2") == 0)
      try leave(folder)
      #expect(try taken(folder, digestsSources: false) == 0)
      try leave(folder)
      try folder.write("a/model.safetensors", TinyFlux2.diffusers())
      #expect(try taken(folder) == 0, "the source has another time")
    }
  }
}
