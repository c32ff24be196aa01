internal import Glibc
internal import Synchronization

/// The list beside a partial file of what in it is finished; formats/journal.md.
///
/// A record is appended when the bytes it speaks of have been written. Nothing is synced: when the
/// power fails, records or bytes may be lost or out of order, and both are found out when the bytes
/// are read back and compared with the checksum of the record. Its file is guarded by the lock of
/// the partial file.
struct Journal: ~Copyable, Sendable {
  /// What stood in the journal before.
  enum Content: Equatable {
    case nothing
    /// The journal of a job that makes other bytes, or not a journal.
    case anotherJob
    case pieces([FinishedPiece])
  }

  let path: String
  private let descriptor: Int32
  /// The bytes of the journal; none are added once it is as long as one that is read.
  private let byteCount: Atomic<Int>

  private init(path: String, descriptor: Int32, byteCount: Int) {
    self.path = path
    self.descriptor = descriptor
    self.byteCount = Atomic(byteCount)
  }

  deinit { close(descriptor) }

  /// What the journal at the path says about a job.
  static func read(
    _ path: String, of fingerprint: JobFingerprint
  ) throws(StorageFailure) -> Content {
    guard let kind = FileSystem.kind(of: path) else { return .nothing }
    guard kind == .file else { throw .notAFile(path: path) }
    let file = try FileReader.open(path)
    guard file.byteCount > 0 else { return .nothing }
    guard file.byteCount <= JournalFormat.largestByteCount else { return .anotherJob }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    let header = JournalFormat.header(fingerprint)
    guard bytes.starts(with: header) else { return .anotherJob }
    let size = JournalFormat.recordByteCount
    return .pieces(
      stride(from: header.count, through: bytes.count - size, by: size).compactMap {
        JournalFormat.piece(bytes[$0..<$0 + size])
      })
  }

  /// Opens the journal to go on with: with the pieces that it keeps, or empty.
  ///
  /// It is written anew, so that torn and outdated records are gone.
  static func begin(
    _ path: String, of fingerprint: JobFingerprint, keeping pieces: [FinishedPiece]
  ) throws(StorageFailure) -> Journal {
    let bytes = JournalFormat.header(fingerprint) + pieces.flatMap(JournalFormat.record)
    // Another name first: killed in between, the journal is the old one or the new one.
    try AtomicFile.write(bytes.rawBytes, to: path)
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .system(path: path, action: "open it", code: errno) }
    return Journal(path: path, descriptor: descriptor, byteCount: bytes.count)
  }

  /// Notes that a piece has been written. From any thread.
  ///
  /// A journal that takes no more, on a full disk, does not stop the work, whose own space is
  /// reserved: going on after a kill then does more again, and nothing else changes.
  func append(_ piece: FinishedPiece) {
    let record = JournalFormat.record(piece)
    let end = byteCount.add(record.count, ordering: .relaxed).newValue
    guard end <= JournalFormat.largestByteCount else { return }
    // One call for the whole record: those of other threads come before or behind it.
    let written = unsafe record.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    // A record that was cut short would shift all behind it, so there are none.
    if written != record.count {
      byteCount.store(JournalFormat.largestByteCount, ordering: .relaxed)
    }
  }

  /// Removes the journal at a path.
  static func remove(_ path: String) { unsafe unlink(path) }
}
