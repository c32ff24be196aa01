internal import Glibc

/// A folder of files that appears under its name only when it is whole.
///
/// Files are made in `NAME.partial` beside the target; `commit` renames it. Dropped without
/// `commit`, the partial folder is removed with the files in it. A killed process leaves one, which
/// the next run empties and takes over, knowing it by a marker; a folder of that name that someone
/// else made, and a folder with files under the target's name, are never touched.
public struct AtomicFolder: ~Copyable {
  public let path: String
  /// Where the files are made.
  public let partialPath: String
  private var isCommitted = false

  /// An empty file that says that the folder is ours.
  private static let marker = ".mmdit-partial"

  private init(path: String, partialPath: String) {
    self.path = path
    self.partialPath = partialPath
  }

  deinit {
    if !isCommitted { Self.remove(partialPath) }
  }

  /// Makes the partial folder.
  public static func create(_ path: String) throws(StorageFailure) -> AtomicFolder {
    let path = try target(path)
    let partialPath = path + ".partial"
    remove(partialPath)
    guard unsafe mkdir(partialPath, 0o777) == 0 else {
      throw .system(path: partialPath, action: "make it", code: errno)
    }
    let folder = AtomicFolder(path: path, partialPath: partialPath)
    try AtomicFile.write([UInt8]().rawBytes, to: FileSystem.path(partialPath, marker))
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
    let partialPath = path + ".partial"
    if FileSystem.kind(of: partialPath) == .folder {
      let names = try FileSystem.names(in: partialPath)
      guard names.isEmpty || names.contains(marker) else {
        throw .folderHasFiles(path: partialPath)
      }
    }
    return path
  }

  /// Gives the folder its name.
  public mutating func commit() throws(StorageFailure) {
    unsafe unlink(FileSystem.path(partialPath, Self.marker))
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
