public import Parallel
internal import Synchronization

/// The SHA-256 digests of some files, taken step by step beside other work.
///
/// The bytes of a digest have an order, so one thread at a time takes the next step of a file; each
/// reads and digests `stepByteCount` bytes through a buffer that stays in the caches. Where others read
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
  private let files: [FileDigest]
  private let taken = Atomic(0)

  public init(_ paths: [String]) throws(StorageFailure) {
    files = paths.map(FileDigest.init)
    var sum = 0
    for path in paths { sum += try FileSystem.byteCount(of: path) }
    byteCount = sum
  }

  /// Takes the next step of the first file that no other thread has in hand, unless `limit` bytes have
  /// been taken.
  ///
  /// `advance` gets the bytes of the step.
  public func takeStep(
    limit: Int, _ advance: (Int) -> Void
  ) throws(StorageFailure) -> OrderedStep {
    var result = OrderedStep.finished
    for file in files {
      guard taken.load(ordering: .relaxed) < limit else { return .notNow }
      switch try file.takeStep() {
      case .done(let count):
        taken.add(count, ordering: .relaxed)
        advance(count)
        return .done
      case .inHand: result = .notNow
      case .finished: continue
      }
    }
    return result
  }

  /// The digests in the order of the paths; traps before all steps are done.
  public func finished() -> [Finished] {
    files.map { file in
      guard let finished = file.finished else {
        preconditionFailure("\(file.path) is digested to its end")
      }
      return finished
    }
  }
}

/// The digest of one file on its way.
private final class FileDigest: Sendable {
  enum Step {
    /// With the bytes that it took.
    case done(Int)
    /// Another thread takes one.
    case inHand
    case finished
  }

  let path: String
  private let state = Mutex(State())

  private static let stepByteCount = 2 << 20
  private static let bufferByteCount = 1 << 18

  private struct State: ~Copyable {
    var reader: FileReader?
    var digest = SHA256Digest()
    /// How many bytes have been digested.
    var offset = 0
    var buffer: [UInt8] = []
    var finished: FileDigests.Finished?
  }

  init(path: String) { self.path = path }

  var finished: FileDigests.Finished? { state.withLock { $0.finished } }

  func takeStep() throws(StorageFailure) -> Step {
    let step = try state.withLockIfAvailable { state throws(StorageFailure) -> Step in
      guard state.finished == nil else { return .finished }
      return .done(try takeStep(&state))
    }
    return step ?? .inHand
  }

  private func takeStep(_ state: inout State) throws(StorageFailure) -> Int {
    // Out of the state while it is lent, and moved, not copied.
    var buffer: [UInt8] = []
    swap(&buffer, &state.buffer)
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
    if end == reader.byteCount {
      // Its reader and its buffer are not needed any more.
      state.finished = FileDigests.Finished(
        path: path, byteCount: end, hexadecimal: state.digest.hexadecimal)
    } else {
      swap(&buffer, &state.buffer)
      state.reader = consume reader
    }
    return count
  }
}
