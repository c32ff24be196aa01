internal import Glibc

/// A file opened for reading at any offset, from any thread.
///
/// Reads copy into memory that the caller owns, so what stays resident is the caller's choice, and
/// a file cut short by someone else is an error, not a signal.
public struct FileReader: ~Copyable, Sendable {
  public let path: String
  /// The size when the file was opened.
  public let byteCount: Int
  internal let descriptor: Int32

  private init(path: String, byteCount: Int, descriptor: Int32) {
    self.path = path
    self.byteCount = byteCount
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens a regular file.
  public static func open(_ path: String) throws(StorageFailure) -> FileReader {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .system(path: path, action: "open it", code: errno)
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(path: path, action: "ask for its size", code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notAFile(path: path)
    }
    return FileReader(path: path, byteCount: Int(status.st_size), descriptor: descriptor)
  }

  /// Fills `output` with the bytes from `offset` on; throws when the file has fewer.
  public func read(at offset: Int, into output: inout MutableRawSpan) throws(StorageFailure) {
    let count = output.byteCount
    let failure: StorageFailure? = unsafe output.withUnsafeMutableBytes { buffer in
      var done = 0
      while done < count {
        // In bounds: `done < count`, the size of the buffer.
        let got = unsafe pread(
          descriptor, buffer.baseAddress.unsafelyUnwrapped + done, count - done,
          off_t(offset + done))
        if got > 0 {
          done += got
        } else if got == 0 {
          return .endOfFile(
            path: path, offset: offset, byteCount: count, fileByteCount: offset + done)
        } else if errno != EINTR {
          return .system(path: path, action: "read it", code: errno)
        }
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// The bytes of a range; throws when the file has fewer.
  public func bytes(at offset: Int, count: Int) throws(StorageFailure) -> [UInt8] {
    var bytes = [UInt8](unwritten: count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try read(at: offset, into: &output)
    return bytes
  }

  /// The whole content of a file that is known to be small.
  public static func contents(
    of path: String, limit: Int
  ) throws(StorageFailure) -> [UInt8] {
    let file = try FileReader.open(path)
    guard file.byteCount <= limit else {
      throw .tooLarge(path: path, byteCount: file.byteCount, limit: limit)
    }
    return try file.bytes(at: 0, count: file.byteCount)
  }
}
