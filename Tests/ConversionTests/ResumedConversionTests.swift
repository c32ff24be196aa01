import Conversion
import Families
import Parallel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ResumedConversionTests {
  private func job(
    _ folder: TemporaryFolder, to output: String, layout: Layout = .diffusers,
    type: ElementType? = nil, size: String? = nil
  ) throws -> ConversionJob {
    try ConversionJob(
      model: folder.path("source.safetensors"), output: folder.path(output), layout: layout,
      type: type, maximumFileSize: size)
  }

  private func writeSource(_ folder: TemporaryFolder) throws {
    try folder.write("source.safetensors", TinyFlux2.original())
  }

  private func content(_ folder: TemporaryFolder, _ output: String) throws -> [String: [UInt8]] {
    guard FileSystem.kind(of: folder.path(output)) == .folder else {
      return ["": try folder.read(output)]
    }
    return Dictionary(
      uniqueKeysWithValues: try FileSystem.names(in: folder.path(output)).map {
        ($0, try folder.read(output + "/" + $0))
      })
  }

  /// Leaves what a run left that was stopped before a tensor; the tiny one has a block for each.
  private func leave(_ job: ConversionJob, after count: Int) throws {
    #expect(throws: Cancelled.self) {
      _ = try job.run(
        threads: 1, resuming: true, producer: "test 1",
        monitor: RecordingMonitor(stoppingAfter: count).monitor)
    }
  }

  @Test(arguments: [("out.safetensors", nil), ("out", nil), ("out", "20KB")])
  func stoppedAnywhereItEndsAsTheUninterruptedOne(output: String, size: String?) throws {
    try TemporaryFolder.with { folder in
      try writeSource(folder)
      let job = try job(folder, to: output, size: size)
      _ = try job.run()
      let whole = try content(folder, output)
      try folder.remove(output)
      for count in 0..<job.plan.layout.tensors.count {
        try leave(job, after: count)
        #expect(FileSystem.kind(of: folder.path(output)) == nil)
      }
      let outcome = try job.run(threads: 2, resuming: true, producer: "test 1")
      #expect(try content(folder, output) == whole)
      #expect(try FileSystem.names(in: folder.path) == [output, "source.safetensors"])
      // All but the last tensor, which none of the runs came to.
      let last = try #require(job.plan.layout.tensors.last)
      let lastByteCount = last.shape.count * 4
      #expect(outcome.takenOverByteCount == job.plan.byteCount - lastByteCount)
    }
  }

  @Test func aFinishedShardIsCheckedAgain() throws {
    try TemporaryFolder.with { folder in
      try writeSource(folder)
      let job = try job(folder, to: "out", size: "20KB")
      _ = try job.run()
      let whole = try content(folder, "out")
      try folder.remove("out")
      try leave(job, after: job.plan.layout.tensors.count - 1)
      let first = "out.partial/" + job.plan.files[0].name
      var bytes = try folder.read(first)
      bytes[bytes.count - 1] ^= 1
      try folder.write(first, bytes)
      let monitor = RecordingMonitor()
      _ = try job.run(resuming: true, producer: "test 1", monitor: monitor.monitor)
      #expect(try content(folder, "out") == whole)
      #expect(monitor.notices.last?.hasSuffix("1 damaged pieces were made again") == true)
    }
  }

  /// 70000 is too large for binary16; the count of a piece that is taken over is in the journal.
  @Test func overflowsOfAnEarlierRunAreCounted() throws {
    try TemporaryFolder.with { folder in
      var tensors = TinyFlux2.original()
      tensors[0].values[0] = 70000
      try folder.write("source.safetensors", tensors)
      let job = try job(folder, to: "out.safetensors", type: .float16)
      let expected = try job.run().overflowCounts
      #expect(expected.reduce(0, +) == 1)
      try folder.remove("out.safetensors")
      try leave(job, after: job.plan.layout.tensors.count - 1)
      let outcome = try job.run(resuming: true, producer: "test 1")
      #expect(outcome.overflowCounts == expected)
      #expect(outcome.takenOverByteCount > 0)
    }
  }

  @Test func anotherLayoutTypeSizeVersionOrSourceIsAnotherJob() throws {
    try TemporaryFolder.with { folder in
      try writeSource(folder)
      let first = try job(folder, to: "out", size: "20KB")
      func taken(_ job: ConversionJob, producer: String = "test 1") throws -> Int {
        defer { try? folder.remove("out") }
        let monitor = RecordingMonitor()
        let count = try job.run(
          resuming: true, producer: producer, monitor: monitor.monitor
        ).takenOverByteCount
        #expect(monitor.notices.contains { $0.contains("of another job") } == (count == 0))
        return count
      }
      func again() throws { try leave(first, after: 20) }
      try again()
      #expect(try taken(first) > 0)
      try again()
      #expect(try taken(job(folder, to: "out", layout: .original, size: "20KB")) == 0)
      try again()
      #expect(try taken(job(folder, to: "out", type: .bfloat16, size: "20KB")) == 0)
      try again()
      #expect(try taken(job(folder, to: "out", size: "30KB")) == 0)
      try again()
      #expect(try taken(first, producer: "test 2") == 0)
      try again()
      try writeSource(folder)
      #expect(try taken(job(folder, to: "out", size: "20KB")) == 0)
    }
  }

  @Test func theOldFileStandsUntilTheEnd() throws {
    try TemporaryFolder.with { folder in
      try writeSource(folder)
      try folder.write("out.safetensors", "old")
      let job = try job(folder, to: "out.safetensors")
      try leave(job, after: 3)
      #expect(try folder.read("out.safetensors") == Array("old".utf8))
      _ = try job.run(resuming: true, producer: "test 1")
      #expect(try folder.read("out.safetensors").count > 3)
      #expect(
        try FileSystem.names(in: folder.path) == ["out.safetensors", "source.safetensors"])
    }
  }

  @Test func withoutTheWishWhatIsThereIsThrownAway() throws {
    try TemporaryFolder.with { folder in
      try writeSource(folder)
      for output in ["out", "out.safetensors"] {
        let job = try job(folder, to: output)
        try leave(job, after: 3)
        let outcome = try job.run(producer: "test 1")
        #expect(outcome.takenOverByteCount == 0)
      }
      #expect(
        try FileSystem.names(in: folder.path) == ["out", "out.safetensors", "source.safetensors"])
    }
  }
}
