public import Failures
internal import Glibc

/// What the operating system or a compressed stream refused.
public enum StorageFailure: DiagnosedFailure, Equatable {
  /// A system call failed; `code` is its `errno`.
  case system(path: String, action: String, code: Int32)
  /// The file is shorter than what was asked of it, because it changed after it was opened.
  case endOfFile(path: String, offset: Int, byteCount: Int, fileByteCount: Int)
  /// A folder, device or pipe stands where a file was expected.
  case notAFile(path: String)
  /// A file that is read whole is larger than anything meaningful.
  case tooLarge(path: String, byteCount: Int, limit: Int)
  /// A file or device stands where a folder was expected.
  case notAFolder(path: String)
  /// An output folder that already has files.
  case folderHasFiles(path: String)
  /// Another process is writing the same file.
  case beingWritten(path: String)
  /// The file system has no room for the output.
  case noSpace(path: String, needed: Int, available: Int)
  /// A compressed chunk does not decompress to what its header says.
  case damagedCompression(reason: String)

  /// What a system call that takes space ended with; no space however the system calls it: a full
  /// disk, a quota, the largest size of a file.
  static func refused(
    path: String, action: String, code: Int32, needed: Int
  ) -> StorageFailure {
    guard [ENOSPC, EDQUOT, EFBIG].contains(code) else {
      return .system(path: path, action: action, code: code)
    }
    do {
      let available = try FileSystem.availableByteCount(at: path)
      return .noSpace(path: path, needed: needed, available: available)
    } catch { return error }
  }

  public var kind: FailureKind {
    switch self {
    case .damagedCompression, .tooLarge: .badData
    case .folderHasFiles: .usage
    case .noSpace: .noSpace
    case .system, .endOfFile, .notAFile, .notAFolder, .beingWritten: .inputOutput
    }
  }

  public var description: String {
    switch self {
    case .system(let path, let action, let code):
      return "\(path): cannot \(action): \(unsafe String(cString: strerror(code)))"
    case .endOfFile(let path, let offset, let byteCount, let fileByteCount):
      return """
        \(path): expected \(byteCount) bytes at byte \(offset), found the end of the file at byte \
        \(fileByteCount)
        The file changed while it was read; run the command again when nothing writes to it.
        """
    case .notAFile(let path):
      return "\(path): expected a file, found something else"
    case .tooLarge(let path, let byteCount, let limit):
      return "\(path): expected at most \(limit) bytes, found \(byteCount)"
    case .notAFolder(let path):
      return "\(path): expected a folder, found something else"
    case .folderHasFiles(let path):
      return """
        \(path): expected a new or empty folder, found one with files
        Choose another output, or remove the files yourself.
        """
    case .beingWritten(let path):
      return """
        \(path): another process is writing this file
        Wait for it to end, or choose another output.
        """
    case .noSpace(let path, let needed, let available):
      let advice =
        needed > available
        ? "Free at least \(needed - available) bytes, or choose an output on another disk."
        : "A quota, or a limit of files or their sizes, is in the way: choose another disk."
      return """
        \(path): the output needs \(needed) bytes, the file system has \(available) free
        \(advice)
        """
    case .damagedCompression(let reason):
      return "a compressed chunk is damaged: \(reason)"
    }
  }
}
