internal import Storage

/// Puts text behind what a small file has, or makes the file. Whole, or not at all.
public func appendDocument(_ text: String, to path: String) throws {
  // What CI systems take as a summary is at most a mebibyte.
  let before =
    FileSystem.kind(of: path) == nil ? [] : try FileReader.contents(of: path, limit: 16 << 20)
  try AtomicFile.write((before + Array(text.utf8)).rawBytes, to: path)
}
