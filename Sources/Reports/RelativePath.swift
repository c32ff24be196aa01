internal import Storage

/// A path as it is written in a file that lies in `folder`: names are compared, no link is followed.
///
/// Relative ones are taken from the working folder.
package func relativePath(_ path: String, from folder: String) -> String {
  let names = FileSystem.absolutePath(path).split(separator: "/")
  let folderNames = FileSystem.absolutePath(folder).split(separator: "/")
  let shared = zip(names, folderNames).prefix { $0 == $1 }.count
  let up = [Substring](repeating: "..", count: folderNames.count - shared)
  return (up + names[shared...]).joined(separator: "/")
}
