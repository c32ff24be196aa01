/// An `AtomicFile` with a journal of the pieces that are finished, so that a killed run can be gone
/// on with; formats/journal.md.
///
/// A piece is a run of bytes that is written once; what an earlier run finished is in `finished`.
/// Without a `Resumption` it is an `AtomicFile`.
public struct ResumableFile: ~Copyable, Sendable {
  private var file: AtomicFile
  private let journal: Journal?
  private let resumption: Resumption?
  /// What an earlier run finished, nil when that is nothing or not wanted.
  public let finished: FinishedPieces?
  private var isCommitted = false

  private init(
    file: consuming AtomicFile, journal: consuming Journal?, resumption: Resumption?,
    finished: FinishedPieces?
  ) {
    self.file = file
    self.journal = journal
    self.resumption = resumption
    self.finished = finished
  }

  deinit {
    guard !isCommitted, let resumption, !resumption.isWanted else { return }
    Journal.remove(Self.journalPath(of: file.path))
  }

  public var path: String { file.path }

  /// Where the journal of a file stands.
  static func journalPath(of path: String) -> String {
    AtomicFile.partialPath(of: path) + ".journal"
  }

  /// Opens the partial file, with what an earlier run of the same job finished when that is wanted,
  /// and reserves `byteCount` bytes.
  public static func create(
    _ path: String, reserving byteCount: Int, resumption: Resumption?
  ) throws(StorageFailure) -> ResumableFile {
    guard let resumption else {
      return ResumableFile(
        file: try AtomicFile.create(path, reserving: byteCount), journal: nil, resumption: nil,
        finished: nil)
    }
    var file = try AtomicFile.open(path)
    let journalPath = journalPath(of: path)
    let pieces = try earlierPieces(journalPath, resumption)
      .filter { $0.offset + $0.byteCount <= byteCount }
    if pieces.isEmpty {
      try file.empty()
      Journal.remove(journalPath)
    }
    // Not kept when the disk has no room even for a beginning.
    file.keepsPartial = resumption.isWanted && !pieces.isEmpty
    try file.reserve(byteCount)
    // Of a piece that was damaged and made again the last record counts.
    let finished = Dictionary(pieces.map { ($0.offset, $0) }) { $1 }
    let journal = try Journal.begin(
      journalPath, of: resumption.fingerprint,
      keeping: finished.values.sorted { $0.offset < $1.offset })
    file.keepsPartial = resumption.isWanted
    return ResumableFile(
      file: file, journal: journal, resumption: resumption,
      finished: finished.isEmpty
        ? nil
        : FinishedPieces(
          finished, in: try FileReader.open(AtomicFile.partialPath(of: path)),
          resumption: resumption))
  }

  private static func earlierPieces(
    _ journalPath: String, _ resumption: Resumption
  ) throws(StorageFailure) -> [FinishedPiece] {
    guard resumption.isWanted else { return [] }
    switch try Journal.read(journalPath, of: resumption.fingerprint) {
    case .nothing: return []
    case .pieces(let pieces): return pieces
    case .anotherJob:
      resumption.noticeAnotherJob(journalPath)
      return []
    }
  }

  /// Writes bytes that belong to no piece, such as a header. From any thread.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageFailure) {
    try file.write(bytes, at: offset)
  }

  /// Writes a piece, and then notes it in the journal. From any thread.
  ///
  /// `checksum` is that of the bytes, where the caller has it already.
  public func writePiece(
    _ bytes: RawSpan, at offset: Int, note: UInt64 = 0, checksum: CRC32? = nil
  ) throws(StorageFailure) {
    try file.write(bytes, at: offset)
    guard bytes.byteCount > 0 else { return }
    switch journal {
    case .some(let journal):
      journal.append(
        FinishedPiece(
          offset: offset, byteCount: bytes.byteCount, checksum: checksum ?? CRC32(bytes),
          note: note))
    case nil: break
    }
  }

  /// Cuts the file to `byteCount`, syncs it and gives it its name.
  public mutating func commit(byteCount: Int) throws(StorageFailure) {
    try file.sync(byteCount: byteCount)
    // Before the name appears: killed in between, a journal beside a finished file would stay.
    if let resumption, !resumption.isInFolder {
      Journal.remove(Self.journalPath(of: file.path))
    }
    try file.giveName()
    isCommitted = true
  }
}
