internal import Glibc

/// What stands at a path.
public enum FileKind: Sendable {
  case file
  case folder
  case other
}

/// Questions about paths and disks.
public enum FileSystem {
  /// What stands at the path, nil when nothing does.
  public static func kind(of path: String) -> FileKind? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// Makes a folder, unless one is there.
  public static func makeFolder(_ path: String) throws(StorageFailure) {
    guard unsafe mkdir(path, 0o777) == 0 || (errno == EEXIST && kind(of: path) == .folder) else {
      throw .refused(path: path, action: "make it", code: errno, needed: 1)
    }
  }

  /// The size of a file.
  public static func byteCount(of path: String) throws(StorageFailure) -> Int {
    try FileReader.open(path).byteCount
  }

  /// The bytes that the disk has set aside for what stands at the path itself; 0 for nothing.
  static func allocatedByteCount(of path: String) -> Int {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? allocatedByteCount(status) : 0
  }

  /// The bytes that the disk has set aside for a file.
  static func allocatedByteCount(_ status: stat) -> Int {
    // POSIX leaves the unit open; on Linux it is 512 bytes on every file system.
    Int(status.st_blocks) &* 512
  }

  /// Whether a folder itself, not a link to one, stands at the path.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// When the content of a file last changed, in nanoseconds since 1970.
  static func modificationNanoseconds(of path: String) throws(StorageFailure) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw .system(path: path, action: "ask for its time", code: errno)
    }
    return status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
  }

  /// The names in a folder, sorted, without `.` and `..`.
  public static func names(in folder: String) throws(StorageFailure) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      throw .system(path: folder, action: "list it", code: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The folder that holds the path.
  public static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of the path.
  public static func name(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/"), trimmed.count > 1 else { return String(trimmed) }
    return String(trimmed[trimmed.index(after: slash)...])
  }

  /// Makes the names in a folder reach the disk. Some file systems refuse, which leaves the files
  /// whole but their names not yet certain.
  static func sync(folder: String) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// `folder/name`.
  public static func path(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The absolute path of something that exists, without links.
  static func resolved(_ path: String) throws(StorageFailure) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
      throw .system(path: path, action: "resolve it", code: errno)
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Whether two paths lead to the same file.
  public static func isSameFile(_ first: String, _ second: String) -> Bool {
    var one = stat()
    var other = stat()
    guard unsafe stat(first, &one) == 0, unsafe stat(second, &other) == 0 else { return false }
    return one.st_ino == other.st_ino && one.st_dev == other.st_dev
  }

  /// The bytes that a process without privileges can still write on the disk of the path's folder.
  public static func availableByteCount(at path: String) throws(StorageFailure) -> Int {
    var status = statvfs()
    guard unsafe statvfs(folder(of: path), &status) == 0 else {
      throw .system(path: folder(of: path), action: "ask for its free space", code: errno)
    }
    return Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
  }
}
