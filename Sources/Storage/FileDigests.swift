public import Parallel
internal import Synchronization

/// The SHA-256 digests of some files, taken step by step beside other work.
///
/// The bytes of a digest have an order, so one thread at a time takes the next step; each reads and
/// digests `stepByteCount` bytes of a file through a buffer that stays in the caches. Where others read
/// the same files at the same time, the system has the pages already.
public final class FileDigests: Sendable {
  /// The digest of a whole file.
  public struct Finished: Hashable, Sendable {
    public let path: String
    public let byteCount: Int
    /// 64 digits.
    public let hexadecimal: String
  }

  /// The sizes of all files together, when they were asked for.
  public let byteCount: Int
  private let paths: [String]
  private let state = Mutex(State())

  private static let stepByteCount = 2 << 20
  private static let bufferByteCount = 1 << 18

  private struct State: ~Copyable {
    var finished: [Finished] = []
    var reader: FileReader?
    var digest = SHA256Digest()
    /// How many bytes of the open file, and of all files, have been digested.
    var offset = 0
    var total = 0
    var buffer: [UInt8] = []
  }

  public init(_ paths: [String]) throws(StorageFailure) {
    self.paths = paths
    var sum = 0
    for path in paths { sum += try FileSystem.byteCount(of: path) }
    byteCount = sum
  }

  /// Takes the next step, unless another thread is taking one, or `limit` bytes have been taken.
  ///
  /// `advance` gets the bytes of the step.
  public func takeStep(
    limit: Int, _ advance: (Int) -> Void
  ) throws(StorageFailure) -> OrderedStep {
    let step = try state.withLockIfAvailable { state throws(StorageFailure) -> OrderedStep in
      guard state.finished.count < paths.count else { return .finished }
      guard state.total < limit else { return .notNow }
      advance(try takeStep(&state))
      return .done
    }
    return step ?? .notNow
  }

  /// The digests in the order of the paths; traps before all steps are done.
  public func finished() -> [Finished] {
    state.withLock { state in
      precondition(state.finished.count == paths.count, "files are digested to their ends")
      return state.finished
    }
  }

  private func takeStep(_ state: inout State) throws(StorageFailure) -> Int {
    let path = paths[state.finished.count]
    // Out of the state while it is lent, and moved, not copied.
    var buffer: [UInt8] = []
    swap(&buffer, &state.buffer)
    defer { swap(&buffer, &state.buffer) }
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Self.bufferByteCount) }
    let reader: FileReader
    switch state.reader.take() {
    case .some(let open): reader = open
    case nil: reader = try FileReader.open(path)
    }
    let end = min(reader.byteCount, state.offset + Self.stepByteCount)
    let count = end - state.offset
    var offset = state.offset
    while offset < end {
      var span = buffer.mutableSpan
      var bytes = span.mutableRawBytes
      var part = bytes._mutatingExtracting(first: min(Self.bufferByteCount, end - offset))
      try reader.read(at: offset, into: &part)
      state.digest.update(part.bytes)
      offset += part.byteCount
    }
    state.offset = end
    state.total += count
    if end == reader.byteCount {
      state.finished.append(
        Finished(path: path, byteCount: end, hexadecimal: state.digest.hexadecimal))
      state.digest = SHA256Digest()
      state.offset = 0
    } else {
      state.reader = consume reader
    }
    return count
  }
}
