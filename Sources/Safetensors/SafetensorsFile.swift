internal import Storage

/// One safetensors file, its header checked.
///
/// Two ways lead to the data: `bytes(of:)` is a view of the mapped file without a copy, `read` copies
/// a range into memory that the caller owns. Bulk work should `read`: what it touches does not stay
/// resident, and a file that someone cuts short is a failure instead of a signal.
public final class SafetensorsFile: Sendable {
  public let path: String
  public let header: SafetensorsHeader
  private let reader: FileReader
  private let mapping: MappedFile

  private init(
    header: SafetensorsHeader, reader: consuming FileReader, mapping: consuming MappedFile
  ) {
    path = reader.path
    self.header = header
    self.reader = reader
    self.mapping = mapping
  }

  /// Opens a file and checks its header; no data are read.
  public static func open(_ path: String) throws(SafetensorsFailure) -> SafetensorsFile {
    let reader = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try FileReader.open(path)
    }
    let header = try SafetensorsHeader.read(reader)
    let mapping = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try MappedFile.map(reader)
    }
    return SafetensorsFile(header: header, reader: reader, mapping: mapping)
  }

  /// The bytes of a tensor of this file, in the mapped memory.
  @_lifetime(borrow self)
  public func bytes(of tensor: SafetensorsHeader.Tensor) -> RawSpan {
    // The memory stays mapped as long as the file lives, and the header was checked against its size.
    let bytes = unsafe RawSpan(
      _unsafeBytes: UnsafeRawBufferPointer(rebasing: Self.memory(mapping)[tensor.byteRange]))
    return unsafe _overrideLifetime(bytes, borrowing: self)
  }

  /// Where the mapped bytes are, which the compiler cannot follow through a property of a class.
  private static func memory(_ mapping: borrowing MappedFile) -> UnsafeRawBufferPointer {
    unsafe mapping.bytes.withUnsafeBytes { unsafe $0 }
  }

  /// Fills `output` with the bytes of a tensor of this file, from its byte `offset` on.
  ///
  /// Bytes outside the tensor are a broken contract and trap.
  public func read(
    _ tensor: SafetensorsHeader.Tensor, at offset: Int, into output: inout MutableRawSpan
  ) throws(SafetensorsFailure) {
    precondition(
      offset >= 0 && output.byteCount <= tensor.byteRange.count - offset,
      "the bytes lie outside of the tensor")
    do throws(StorageFailure) {
      try reader.read(at: tensor.byteRange.lowerBound + offset, into: &output)
    } catch {
      throw .storage(error)
    }
  }
}
