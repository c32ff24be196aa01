/// A path as it is written in a file that lies in `folder`: names are compared, no link is followed.
///
/// Both are absolute, or both relative to the same place; a path that cannot be said from there
/// (an absolute one from a relative folder, one behind `..`) stays as it is.
package func relativePath(_ path: String, from folder: String) -> String {
  guard path.hasPrefix("/") == folder.hasPrefix("/"),
    let names = normalizedNames(path), let folderNames = normalizedNames(folder)
  else { return path }
  let shared = zip(names, folderNames).prefix { $0 == $1 }.count
  let up = [Substring](repeating: "..", count: folderNames.count - shared)
  return (up + names[shared...]).joined(separator: "/")
}

/// The names on a path, `.` and `name/..` left out; nil when it leads above its beginning.
private func normalizedNames(_ path: String) -> [Substring]? {
  var names: [Substring] = []
  for name in path.split(separator: "/") where name != "." {
    if name == ".." {
      guard names.popLast() != nil else { return nil }
    } else {
      names.append(name)
    }
  }
  return names
}
