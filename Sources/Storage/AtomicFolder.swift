internal import Glibc

/// A folder of files that appears under its name only when it is whole.
///
/// Files are made in `NAME.partial` beside the target; `commit` renames it. Dropped without
/// `commit`, the partial folder is removed with what was made in it, unless its `Resumption` wants
/// to go on from there. A killed process leaves one, which the next run takes over, knowing it by a
/// marker that names the job; the marker's lock keeps two processes from filling the same one. A
/// folder of that name that someone else made, and a folder with files under the target's name, are
/// never touched.
public struct AtomicFolder: ~Copyable {
  public let path: String
  /// Where the files are made.
  public let partialPath: String
  private let resumption: Resumption
  private let lock: Int32
  private var isCommitted = false

  /// A file that says that the folder is ours and of which job it is.
  static let marker = ".mmdit-partial"

  private init(path: String, partialPath: String, resumption: Resumption, lock: Int32) {
    self.path = path
    self.partialPath = partialPath
    self.resumption = resumption
    self.lock = lock
  }

  deinit {
    if !isCommitted, !resumption.isWanted || isEmpty {
      PartialTree.empty(partialPath, keeping: [])
      unsafe rmdir(partialPath)
    }
    close(lock)
  }

  private var isEmpty: Bool { PartialTree.names(in: partialPath) == [Self.marker] }

  /// Makes the partial folder, or goes on with that of an earlier run of the same job, and looks
  /// whether the disk has room for files of `byteCount` bytes in all.
  public static func create(
    _ path: String, needing byteCount: Int, resumption: Resumption
  ) throws(StorageFailure) -> AtomicFolder {
    let path = try target(path)
    let partialPath = AtomicFile.partialPath(of: path)
    guard unsafe mkdir(partialPath, 0o777) == 0 || errno == EEXIST else {
      throw .refused(path: partialPath, action: "make it", code: errno, needed: byteCount)
    }
    let markerPath = FileSystem.path(partialPath, marker)
    let folder = AtomicFolder(
      path: path, partialPath: partialPath, resumption: resumption,
      lock: try openLocked(markerPath, target: path))
    try folder.takeOver(markerPath)
    let missing = byteCount - PartialTree.allocatedByteCount(partialPath)
    let available = try FileSystem.availableByteCount(at: partialPath)
    guard missing <= available else {
      throw .noSpace(path: path, needed: missing, available: available)
    }
    return folder
  }

  /// Empties the folder, unless it is of the same job and to be gone on with.
  private func takeOver(_ markerPath: String) throws(StorageFailure) {
    let job = Array(resumption.fingerprint.hexadecimal.utf8)
    let found = try FileReader.contents(of: markerPath, limit: 1 << 10)
    if resumption.isWanted, found == job {
      try PartialTree.reopenFiles(in: partialPath)
      return
    }
    if resumption.isWanted, !isEmpty { resumption.noticeAnotherJob(partialPath) }
    PartialTree.empty(partialPath, keeping: [Self.marker])
    // In place: the lock is on this file.
    guard ftruncate(lock, 0) == 0 else {
      throw .system(path: markerPath, action: "empty it", code: errno)
    }
    let written = unsafe job.withUnsafeBytes { unsafe pwrite(lock, $0.baseAddress, $0.count, 0) }
    guard written == job.count else {
      throw .refused(
        path: markerPath, action: "write it", code: written < 0 ? errno : ENOSPC,
        needed: job.count)
    }
  }

  /// Makes a folder in the folder and returns where its files are made.
  public func makeFolder(_ name: String) throws(StorageFailure) -> String {
    let folder = FileSystem.path(partialPath, name)
    guard unsafe mkdir(folder, 0o777) == 0 || (errno == EEXIST && FileSystem.isFolder(folder))
    else {
      throw .refused(path: folder, action: "make it", code: errno, needed: 1)
    }
    let nothing: [UInt8] = []
    try AtomicFile.write(nothing.rawBytes, to: FileSystem.path(folder, Self.marker))
    return folder
  }

  /// Where a folder would appear: the path itself, without links where it exists.
  ///
  /// Throws unless the target is absent or an empty folder, and when a partial folder stands beside
  /// it that is not ours; nothing is changed.
  @discardableResult
  public static func target(_ path: String) throws(StorageFailure) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    switch FileSystem.kind(of: path) {
    case nil: break
    case .folder:
      guard try FileSystem.names(in: path).isEmpty else { throw .folderHasFiles(path: path) }
      path = try FileSystem.resolved(path)
    case .file, .other: throw .notAFolder(path: path)
    }
    let partialPath = AtomicFile.partialPath(of: path)
    if FileSystem.kind(of: partialPath) == .folder {
      let names = try FileSystem.names(in: partialPath)
      guard names.isEmpty || names.contains(marker) else {
        throw .folderHasFiles(path: partialPath)
      }
    }
    return path
  }

  /// Moves a finished file of the folder out of it, to a name of its own; what stood there is
  /// replaced.
  public func release(_ name: String, to path: String) throws(StorageFailure) {
    guard unsafe rename(FileSystem.path(partialPath, name), path) == 0 else {
      throw .refused(path: path, action: "give it its name", code: errno, needed: 1)
    }
    FileSystem.sync(folder: FileSystem.folder(of: path))
  }

  /// Gives the folder its name.
  public mutating func commit() throws(StorageFailure) {
    PartialTree.finish(partialPath)
    // Only an empty folder is removed; one that got files meanwhile makes the rename fail.
    unsafe rmdir(path)
    // At the last moment: a folder that is killed without a marker is nobody's.
    unsafe unlink(FileSystem.path(partialPath, Self.marker))
    guard unsafe rename(partialPath, path) == 0 else {
      throw .refused(path: path, action: "give it its name", code: errno, needed: 1)
    }
    isCommitted = true
    FileSystem.sync(folder: path)
    FileSystem.sync(folder: FileSystem.folder(of: path))
  }
}
