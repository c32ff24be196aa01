public import Failures
public import Storage
public import StrictJSON
public import Tensors

/// What is wrong with a safetensors file, a set of shards, or a file that is being written.
///
/// Offsets count bytes from the start of the data, as in the header.
public enum SafetensorsFailure: DiagnosedFailure, Equatable {
  // The header as a whole.

  /// The file is too short for the eight bytes of the header's length.
  case noHeaderLength(file: String, byteCount: Int)
  /// The header is longer than any that makes sense; most often the file is something else.
  case headerTooLong(file: String, byteCount: UInt64)
  /// The header goes on behind the end of the file.
  case headerBeyondEnd(file: String, byteCount: Int, fileByteCount: Int)
  /// The header is no JSON object; `found` is nil when it is empty.
  case headerStart(file: String, found: UInt8?)
  /// The header is not strict JSON.
  case headerSyntax(JSONFailure)
  /// The metadata, or its value of `key`, is not what the format allows.
  case metadata(file: String, key: String?, found: String)
  /// Two names are the same text for Unicode though their bytes differ.
  case indistinctNames(file: String, tensor: String)

  // One tensor's entry.

  /// The entry, or a field of it, has the wrong form.
  case entry(file: String, tensor: String, field: String?, expected: String, found: String)
  /// No element type has this name.
  case unknownElementType(file: String, tensor: String, found: String)
  /// The elements or their bits are more than an `Int` counts.
  case shapeOverflow(file: String, tensor: String, extents: [Int])
  /// Elements of less than a byte end inside one.
  case partialByte(
    file: String, tensor: String, type: ElementType, shape: Shape, bitCount: Int)
  /// A tensor ends before it begins.
  case reversedRange(file: String, tensor: String, begin: Int, end: Int)
  /// A tensor ends behind the data.
  case beyondData(file: String, tensor: String, end: Int, dataByteCount: Int)
  /// A tensor has another size than its type and shape take.
  case sizeMismatch(
    file: String, tensor: String, type: ElementType, shape: Shape, expected: Int, found: Int)

  // All tensors together.

  /// A tensor begins inside another.
  case overlap(file: String, tensor: String, begin: Int, other: String, otherEnd: Int)
  /// Bytes in front of a tensor belong to none.
  case hole(file: String, before: String, begin: Int, end: Int)
  /// Bytes behind the last tensor belong to none.
  case trailingBytes(file: String, last: String?, covered: Int, dataByteCount: Int)

  // A folder or an index.

  /// Nothing to read; `subfolders` are those that hold something.
  case noCheckpoint(folder: String, subfolders: [String])
  /// More than one file could be meant.
  case severalCheckpoints(folder: String, names: [String])
  /// The index is not strict JSON or not of the expected form.
  case index(JSONFailure)
  /// The index names a file outside its folder.
  case shardOutsideFolder(index: String, tensor: String, shard: String)
  /// A file of the index is not there.
  case missingShard(index: String, shard: String, tensorCount: Int)
  /// A file beside the index is named like its shards, but not in it.
  case unlistedShard(index: String, shard: String)
  /// A tensor of the index is not in its shard; `actual` is the shard that has it, if any.
  case tensorNotInShard(index: String, tensor: String, shard: String, actual: String?)
  /// A tensor of a shard is not in the index.
  case tensorNotInIndex(index: String, tensor: String, shard: String)
  /// A tensor is in two shards.
  case tensorInTwoShards(index: String, tensor: String, first: String, second: String)
  /// The tensors do not have the bytes that the index says.
  case totalSizeMismatch(index: String, stated: Int, found: Int)

  // Values and writing.

  /// Elements of this type are not single real numbers.
  case undecodable(file: String, tensor: String, type: ElementType)
  /// A name that cannot stand in a header, or stands there already.
  case unwritableName(file: String, name: String)
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
    case .noCheckpoint, .severalCheckpoints: .usage
    default: .badData
    }
  }

  /// Runs a call to the storage and passes on what it refuses.
  internal static func storage<Result: ~Copyable>(
    _ body: () throws(StorageFailure) -> Result
  ) throws(SafetensorsFailure) -> Result {
    do throws(StorageFailure) { return try body() } catch { throw .storage(error) }
  }
}
