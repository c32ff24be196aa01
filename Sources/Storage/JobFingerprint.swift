/// Whether two runs make the same file: everything that decides its bytes, as one digest.
///
/// Each part goes in with its length, so that parts never run together. formats/journal.md, section
/// "Fingerprint".
public struct JobFingerprint: Sendable {
  private var digest = SHA256Digest()

  /// Begins with what the job is: the tool and its version.
  public init(job: String) { add(job) }

  /// 64 hexadecimal digits.
  public var hexadecimal: String { digest.hexadecimal }

  /// Takes a number of the plan.
  public mutating func add(_ number: Int) {
    let bytes = LittleEndian.bytes(of: UInt64(bitPattern: Int64(number)))
    digest.update(bytes.rawBytes)
  }

  /// Takes a name or a document of the plan.
  public mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(bytes.count)
    digest.update(bytes.rawBytes)
  }

  /// Takes a source: its name, size and time, and its first bytes, which are its header.
  ///
  /// The folder is left out, so that a moved job goes on. All bytes would be certain, and would cost
  /// a pass over the source; a file that changed without another size or time is not recognised.
  public mutating func add(source path: String, headerByteCount: Int) throws(StorageFailure) {
    let file = try FileReader.open(path)
    add(FileSystem.name(of: path))
    add(file.byteCount)
    add(try FileSystem.modificationNanoseconds(of: path))
    add(headerByteCount)
    let header = try file.bytes(at: 0, count: headerByteCount)
    digest.update(header.rawBytes)
  }
}
