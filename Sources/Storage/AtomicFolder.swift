internal import Glibc

/// A folder of files that appears under its name only when it is whole.
///
/// Files are made in `NAME.partial` beside the target; `commit` renames it. Dropped without
/// `commit`, the partial folder is removed with the files in it. A killed process leaves one, which
/// the next run empties and takes over. A folder with files under the name is never touched.
public struct AtomicFolder: ~Copyable {
  public let path: String
  /// Where the files are made.
  public let partialPath: String
  private var isCommitted = false

  private init(path: String, partialPath: String) {
    self.path = path
    self.partialPath = partialPath
  }

  deinit {
    if !isCommitted { Self.remove(partialPath) }
  }

  /// Makes the partial folder; the target is absent or an empty folder.
  public static func create(_ path: String) throws(StorageFailure) -> AtomicFolder {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    switch FileSystem.kind(of: path) {
    case nil: break
    case .folder:
      guard try FileSystem.names(in: path).isEmpty else { throw .folderHasFiles(path: path) }
    case .file, .other: throw .notAFolder(path: path)
    }
    let partialPath = path + ".partial"
    remove(partialPath)
    guard unsafe mkdir(partialPath, 0o777) == 0 else {
      throw .system(path: partialPath, action: "make it", code: errno)
    }
    return AtomicFolder(path: path, partialPath: partialPath)
  }

  /// Gives the folder its name.
  public mutating func commit() throws(StorageFailure) {
    FileSystem.sync(folder: partialPath)
    // Only an empty folder is removed; one that got files meanwhile makes the rename fail.
    unsafe rmdir(path)
    guard unsafe rename(partialPath, path) == 0 else {
      throw .system(path: path, action: "give it its name", code: errno)
    }
    isCommitted = true
    FileSystem.sync(folder: FileSystem.folder(of: path))
  }

  /// Removes a folder and the files directly in it; folders inside it, which are not ours, stay.
  private static func remove(_ path: String) {
    guard FileSystem.kind(of: path) == .folder else { return }
    do {
      for name in try FileSystem.names(in: path) { unsafe unlink(FileSystem.path(path, name)) }
    } catch {
      // What cannot be listed cannot be emptied; the folder then stays, and making it again fails.
    }
    unsafe rmdir(path)
  }
}
