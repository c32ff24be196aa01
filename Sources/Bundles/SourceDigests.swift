internal import Parallel
internal import Storage
internal import Synchronization

/// The digests of the files that a bundle is made of, taken beside the blocks.
///
/// They run ahead of the blocks by `lookAheadByteCount` at most, so that a checkpoint larger than the
/// memory comes from the disk once: who reads bytes second finds them in the system's cache.
final class SourceDigests: Sendable {
  private let files: FileDigests
  /// The bytes of the source whose blocks are made.
  private let made = Atomic(0)

  private static let lookAheadByteCount = 1 << 30

  init(_ files: FileDigests) { self.files = files }

  /// Notes that blocks of so many bytes of the source are made.
  func noteMade(_ byteCount: Int) { made.add(byteCount, ordering: .relaxed) }

  /// Takes the next step; `isLast` when there are no blocks to stay beside.
  func takeStep(_ monitor: WorkMonitor, isLast: Bool = false) throws -> OrderedStep {
    try monitor.checkCancellation()
    let limit = isLast ? Int.max : made.load(ordering: .relaxed) + Self.lookAheadByteCount
    return try files.takeStep(limit: limit) { monitor.advance(by: $0) }
  }
}
