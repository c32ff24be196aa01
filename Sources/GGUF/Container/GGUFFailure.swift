public import Codecs
public import Failures
public import Storage

/// What is wrong with a GGUF file, a set of split files, or a file that is being written.
public enum GGUFFailure: DiagnosedFailure, Equatable {
  // The header as a whole.

  /// The file does not begin with `GGUF`.
  case noMagic(file: String, found: [UInt8])
  /// The bytes of its numbers are the other way round.
  case bigEndian(file: String, version: UInt32)
  case unknownVersion(file: String, found: UInt32)
  /// The header goes on behind the end of the file; `offset` is where `subject` begins.
  case headerCutShort(
    file: String, subject: String, byteCount: UInt64, offset: Int, fileByteCount: Int)
  /// The header is longer than any that makes sense.
  case headerTooLong(file: String, subject: String, byteCount: UInt64, offset: Int)
  /// More tensors or entries than the bytes that are left can hold.
  case tooMany(file: String, things: String, count: UInt64, byteCount: Int)
  /// A string is not UTF-8.
  case notText(file: String, subject: String)
  /// A key, or the value of one, is not what the format allows.
  case metadata(file: String, key: String, expected: String, found: String)

  // Tensors.

  /// What is said of a tensor cannot be.
  case tensor(file: String, tensor: String, expected: String, found: String)
  /// A type that is not read; the name is nil for a number that ggml does not have.
  case unreadableType(file: String, tensor: String, number: UInt32, name: String?)
  /// The data end before their tensors do; the tensor is the first that is not whole, the bytes are
  /// those that the file should have.
  case cutShort(file: String, tensor: String, byteCount: Int, fileByteCount: Int)
  /// Bytes behind the last tensor belong to none.
  case trailingBytes(file: String, last: String?, byteCount: Int, fileByteCount: Int)
  /// The blocks of a tensor are no values.
  case codes(file: String, tensor: String, reason: CodecFailure)

  // A set of split files.

  /// A file of a set that is not its first; the name of that, where this one's tells.
  case notTheFirst(file: String, number: Int, count: Int, first: String?)
  /// The files of a set cannot be found by the name of the first.
  case unnumbered(file: String, count: Int)
  case missingFile(first: String, file: String, number: Int, count: Int)
  /// A file of a set says something else than the first.
  case otherSet(file: String, key: String, expected: String, found: String)
  case tensorInTwoFiles(file: String, tensor: String, other: String)

  // Writing.

  /// A tensor or an entry that has no place in a file.
  case unwritable(file: String, subject: String, expected: String, found: String)
  /// Bytes for a tensor that the layout does not have, or outside of it.
  case outsideTensor(file: String, tensor: String, range: Range<Int>, byteCount: Int)
  /// The same byte of a tensor was written twice.
  case writtenTwice(file: String, tensor: String, range: Range<Int>)
  /// The file was to be finished before all its bytes were there.
  case incomplete(file: String, tensor: String, written: Int, expected: Int)

  /// The operating system refused.
  case storage(StorageFailure)

  public var kind: FailureKind {
    switch self {
    case .storage(let failure): failure.kind
    case .notTheFirst: .usage
    default: .badData
    }
  }

  /// Runs a call to the storage and passes on what it refuses.
  internal static func storage<Result: ~Copyable>(
    _ body: () throws(StorageFailure) -> Result
  ) throws(GGUFFailure) -> Result {
    do throws(StorageFailure) { return try body() } catch { throw .storage(error) }
  }
}
