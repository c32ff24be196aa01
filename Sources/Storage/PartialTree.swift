internal import Glibc

/// What is done to all files of a partial folder: in it and in those of its folders that have the
/// marker too. Folders without one, and what links lead to, are someone else's and stay.
enum PartialTree {
  private static let partialSuffix = ".partial"
  private static let journalSuffix = ".partial.journal"

  /// Removes the files and folders, except those directly in the folder that are named.
  static func empty(_ folder: String, keeping kept: Set<String>) {
    // The marker last: killed in between, the folder is still known to be ours.
    for name in names(in: folder).sorted(by: { $1 == AtomicFolder.marker && $0 != $1 })
    where !kept.contains(name) {
      let path = FileSystem.path(folder, name)
      if isOurs(path) {
        empty(path, keeping: [])
        unsafe rmdir(path)
      } else {
        // Not a folder that is not ours: the system refuses that.
        unsafe unlink(path)
      }
    }
  }

  /// Makes finished files partial again, so that going on checks them as it does the others. A file
  /// without a journal is a document, which is written again.
  static func reopenFiles(in folder: String) throws(StorageFailure) {
    let names = Set(names(in: folder))
    for name in names.sorted() {
      let path = FileSystem.path(folder, name)
      if isOurs(path) {
        try reopenFiles(in: path)
      } else if names.contains(name + journalSuffix), !names.contains(name + partialSuffix) {
        guard unsafe rename(path, path + partialSuffix) == 0 else {
          throw .system(path: path, action: "go on with it", code: errno)
        }
      }
    }
  }

  /// The bytes that the disk has set aside for the files.
  static func allocatedByteCount(_ folder: String) -> Int {
    names(in: folder).reduce(0) { sum, name in
      let path = FileSystem.path(folder, name)
      return sum
        + (isOurs(path) ? allocatedByteCount(path) : FileSystem.allocatedByteCount(of: path))
    }
  }

  /// Removes the journals, and the markers of the folders inside, and makes the names reach the
  /// disk.
  static func finish(_ folder: String) {
    for name in names(in: folder) {
      let path = FileSystem.path(folder, name)
      if isOurs(path) {
        finish(path)
        unsafe unlink(FileSystem.path(path, AtomicFolder.marker))
      } else if name.hasSuffix(journalSuffix) {
        unsafe unlink(path)
      }
    }
    FileSystem.sync(folder: folder)
  }

  /// The names in a folder, none when it cannot be listed: what cannot be listed cannot be emptied
  /// either, and the system refuses what needs it empty.
  static func names(in folder: String) -> [String] {
    do { return try FileSystem.names(in: folder) } catch { return [] }
  }

  private static func isOurs(_ path: String) -> Bool {
    FileSystem.isFolder(path)
      && FileSystem.kind(of: FileSystem.path(path, AtomicFolder.marker)) == .file
  }
}
