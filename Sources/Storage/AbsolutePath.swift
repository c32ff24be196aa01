internal import Glibc

extension FileSystem {
  /// The path from the root, `.` and `name/..` left out, whether something is there or not; no link
  /// is followed. The path as it is when the working folder has gone.
  public static func absolutePath(_ path: String) -> String {
    var whole = path
    if !path.hasPrefix("/") {
      // Without a buffer it allocates one that is ours.
      guard let folder = unsafe getcwd(nil, 0) else { return path }
      defer { unsafe free(folder) }
      whole = unsafe String(cString: folder) + "/" + path
    }
    var names: [Substring] = []
    for name in whole.split(separator: "/") where name != "." {
      // Above the root is the root.
      if name == ".." { _ = names.popLast() } else { names.append(name) }
    }
    return "/" + names.joined(separator: "/")
  }
}
