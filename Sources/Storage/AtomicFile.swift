internal import Glibc

/// A file that appears under its name only when it is whole.
///
/// Bytes go to `NAME.partial` beside the target, whose space is reserved first. `commit` syncs it
/// to the disk and renames it; until then a file that stood under the name stays as it was. Dropped
/// without `commit`, the partial file is removed. A killed process leaves a `.partial` that the next
/// run takes over; a lock keeps two processes from writing the same one.
public struct AtomicFile: ~Copyable, Sendable {
  public let path: String
  internal let partialPath: String
  private let descriptor: Int32
  private var isCommitted = false
  /// Whether the partial file stays when this is dropped without `commit`.
  internal var keepsPartial = false

  private init(path: String, partialPath: String, descriptor: Int32) {
    self.path = path
    self.partialPath = partialPath
    self.descriptor = descriptor
  }

  deinit {
    if !isCommitted && !keepsPartial { unsafe unlink(partialPath) }
    close(descriptor)
  }

  /// Where a file is made.
  internal static func partialPath(of path: String) -> String { path + ".partial" }

  /// Opens the partial file and reserves `byteCount` bytes.
  ///
  /// Throws before anything is written when the disk has no room for them.
  public static func create(
    _ path: String, reserving byteCount: Int
  ) throws(StorageFailure) -> AtomicFile {
    let file = try open(path)
    try file.empty()
    try file.reserve(byteCount)
    return file
  }

  /// Opens the partial file with what an earlier run left in it.
  internal static func open(_ path: String) throws(StorageFailure) -> AtomicFile {
    var target = stat()
    if unsafe stat(path, &target) == 0, target.st_mode & S_IFMT != S_IFREG {
      throw .notAFile(path: path)
    }
    let partialPath = partialPath(of: path)
    return AtomicFile(
      path: path, partialPath: partialPath,
      descriptor: try openLocked(partialPath, target: path))
  }

  /// Throws away what an earlier run left.
  internal func empty() throws(StorageFailure) {
    guard ftruncate(descriptor, 0) == 0 else {
      throw .system(path: partialPath, action: "empty it", code: errno)
    }
  }

  /// Makes the disk set aside what the file does not have yet of `byteCount` bytes.
  internal func reserve(_ byteCount: Int) throws(StorageFailure) {
    guard byteCount > 0 else { return }
    let needed = max(0, byteCount - allocatedByteCount)
    // Asked first, so that a hopeless reservation does not fill the disk for others on its way.
    let available = try FileSystem.availableByteCount(at: path)
    guard needed <= available else {
      throw .noSpace(path: path, needed: needed, available: available)
    }
    let code = posix_fallocate(descriptor, 0, off_t(byteCount))
    guard code == 0 else {
      throw .refused(
        path: path, action: "reserve \(byteCount) bytes for it", code: code, needed: needed)
    }
  }

  /// The bytes that the disk has set aside for the file.
  private var allocatedByteCount: Int {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? FileSystem.allocatedByteCount(status) : 0
  }

  /// Writes bytes at an offset; from any thread, as long as the ranges differ.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageFailure) {
    let failure: StorageFailure? = unsafe bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        // In bounds: `done < count`, the size of the buffer.
        let put = unsafe pwrite(
          descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done,
          off_t(offset + done))
        if put >= 0 {
          done += put
        } else if errno != EINTR {
          return .refused(
            path: path, action: "write it", code: errno, needed: buffer.count - done)
        }
      }
      return nil
    }
    if let failure { throw failure }
    startWritingBack(offset..<offset + bytes.byteCount)
  }

  /// Bids the system begin to bring bytes to the disk, so that little is left for `sync`.
  ///
  /// Linux does so for pages that are said not to be needed; those on their way to the disk stay in its
  /// cache all the same. A hint: its failure changes nothing. Not for few bytes, which share a page with
  /// others to come.
  private func startWritingBack(_ range: Range<Int>) {
    guard range.count >= 1 << 16 else { return }
    _ = posix_fadvise(
      descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
  }

  /// Cuts the file to `byteCount`, syncs it and gives it its name.
  public mutating func commit(byteCount: Int) throws(StorageFailure) {
    try sync(byteCount: byteCount)
    try giveName()
  }

  /// Cuts the file to `byteCount` and makes it reach the disk.
  internal func sync(byteCount: Int) throws(StorageFailure) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0, fsync(descriptor) == 0 else {
      throw .refused(path: path, action: "sync it to the disk", code: errno, needed: 1)
    }
  }

  /// Gives the file, which is on the disk, its name.
  internal mutating func giveName() throws(StorageFailure) {
    guard unsafe rename(partialPath, path) == 0 else {
      throw .refused(path: path, action: "give it its name", code: errno, needed: 1)
    }
    isCommitted = true
    FileSystem.sync(folder: FileSystem.folder(of: path))
  }

  /// Writes a small document whole.
  public static func write(_ bytes: RawSpan, to path: String) throws(StorageFailure) {
    var file = try create(path, reserving: bytes.byteCount)
    try file.write(bytes, at: 0)
    try file.commit(byteCount: bytes.byteCount)
  }
}
