internal import Glibc

/// A file that appears under its name only when it is whole.
///
/// Bytes go to `NAME.partial` beside the target, whose space is reserved first. `commit` syncs it
/// to the disk and renames it; until then a file that stood under the name stays as it was. Dropped
/// without `commit`, the partial file is removed. A killed process leaves a `.partial` that the next
/// run takes over; a lock keeps two processes from writing the same one.
public struct AtomicFile: ~Copyable, Sendable {
  public let path: String
  private let partialPath: String
  private let descriptor: Int32
  private var isCommitted = false

  private init(path: String, partialPath: String, descriptor: Int32) {
    self.path = path
    self.partialPath = partialPath
    self.descriptor = descriptor
  }

  deinit {
    if !isCommitted { unsafe unlink(partialPath) }
    close(descriptor)
  }

  /// Opens the partial file and reserves `byteCount` bytes.
  ///
  /// Throws before anything is written when the disk has no room for them.
  public static func create(
    _ path: String, reserving byteCount: Int
  ) throws(StorageFailure) -> AtomicFile {
    var target = stat()
    if unsafe stat(path, &target) == 0, target.st_mode & S_IFMT != S_IFREG {
      throw .notAFile(path: path)
    }
    let partialPath = path + ".partial"
    let descriptor = try openLocked(partialPath, target: path)
    let file = AtomicFile(path: path, partialPath: partialPath, descriptor: descriptor)
    guard ftruncate(descriptor, 0) == 0 else {
      throw .system(path: partialPath, action: "empty it", code: errno)
    }
    try file.reserve(byteCount)
    return file
  }

  private static func openLocked(
    _ partialPath: String, target: String
  ) throws(StorageFailure) -> Int32 {
    while true {
      let descriptor = unsafe open(partialPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard descriptor >= 0 else {
        throw .system(path: target, action: "create it", code: errno)
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw .beingWritten(path: target)
      }
      // The holder of the lock before us may have renamed or removed the file that we opened.
      var opened = stat()
      var named = stat()
      if unsafe fstat(descriptor, &opened) == 0, unsafe lstat(partialPath, &named) == 0,
        opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  private func reserve(_ byteCount: Int) throws(StorageFailure) {
    guard byteCount > 0 else { return }
    // Asked first, so that a hopeless reservation does not fill the disk for others on its way.
    let available = try FileSystem.availableByteCount(at: path)
    guard byteCount <= available else {
      throw .noSpace(path: path, needed: byteCount, available: available)
    }
    switch posix_fallocate(descriptor, 0, off_t(byteCount)) {
    case 0: return
    case ENOSPC, EFBIG:
      throw .noSpace(path: path, needed: byteCount, available: available)
    case let code:
      throw .system(path: path, action: "reserve \(byteCount) bytes for it", code: code)
    }
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
          return .system(path: path, action: "write it", code: errno)
        }
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Cuts the file to `byteCount`, syncs it and gives it its name.
  public mutating func commit(byteCount: Int) throws(StorageFailure) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0, fsync(descriptor) == 0 else {
      throw .system(path: path, action: "sync it to the disk", code: errno)
    }
    guard unsafe rename(partialPath, path) == 0 else {
      throw .system(path: path, action: "give it its name", code: errno)
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
