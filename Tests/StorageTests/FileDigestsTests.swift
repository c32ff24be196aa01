import Parallel
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct FileDigestsTests {
  /// Empty, shorter than a step, of several steps, and of exactly two.
  private static let sizes = [0, 1, 1000, 5 << 20 | 3, 4 << 20]

  private func files(_ folder: TemporaryFolder) throws -> [String] {
    try Self.sizes.map { size in
      let name = "\(size)"
      try folder.write(name, (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
      return folder.path(name)
    }
  }

  @Test(arguments: [1, 3])
  func theyAreThoseOfTheWholeFiles(threads: Int) throws {
    try TemporaryFolder.with { folder in
      let paths = try files(folder)
      let digests = try FileDigests(paths)
      let counted = Atomic(0)
      try forEachChunk(
        of: 0, chunk: 1, threads: threads,
        beside: { _ in
          try digests.takeStep(limit: .max) { counted.add($0, ordering: .relaxed) }
        }, scratch: {}
      ) { _, _ in }
      #expect(digests.finished().map(\.path) == paths)
      #expect(digests.finished().map(\.byteCount) == Self.sizes)
      #expect(
        try digests.finished().map(\.hexadecimal)
          == paths.map { try SHA256Digest.ofFile($0).hexadecimal })
      #expect(digests.byteCount == Self.sizes.reduce(0, +))
      #expect(counted.load(ordering: .relaxed) == digests.byteCount)
    }
  }

  @Test func noStepBeginsBeyondTheLimit() throws {
    try TemporaryFolder.with { folder in
      let digests = try FileDigests(try files(folder))
      var taken = 0
      while try digests.takeStep(limit: 2000, { taken += $0 }) == .done {}
      // The step that begins below the limit is taken whole.
      #expect(taken == 1001 + (2 << 20))
      #expect(try digests.takeStep(limit: taken, { _ in }) == .notNow)
    }
  }

  @Test func aMissingFileIsAFailure() {
    #expect(throws: StorageFailure.self) { try FileDigests(["/nowhere/at/all"]) }
  }
}
