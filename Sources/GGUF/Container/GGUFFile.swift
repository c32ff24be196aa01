internal import Storage
internal import Tensors

/// One GGUF file, its header checked.
public final class GGUFFile: Sendable {
  public let path: String
  public let header: GGUFHeader
  private let reader: FileReader

  private init(header: GGUFHeader, reader: consuming FileReader) {
    path = reader.path
    self.header = header
    self.reader = reader
  }

  /// Opens a file and checks its header; no data are read.
  public static func open(_ path: String) throws(GGUFFailure) -> GGUFFile {
    var cursor = HeaderCursor(
      try GGUFFailure.storage { () throws(StorageFailure) in try FileReader.open(path) })
    let header = try GGUFHeader.read(&cursor)
    return GGUFFile(header: header, reader: cursor.finish())
  }

  /// Whether a file begins as GGUF files do; false for what cannot be read.
  public static func isGGUF(_ path: String) -> Bool {
    guard FileSystem.kind(of: path) == .file else { return false }
    let start: [UInt8]?
    do throws(StorageFailure) {
      start = try FileReader.open(path).bytes(at: 0, count: GGUFHeader.magic.count)
    } catch { return false }
    return start == GGUFHeader.magic
  }

  /// Fills `output` with the bytes of a tensor of this file, from its byte `offset` on.
  ///
  /// Bytes outside the tensor are a broken contract and trap.
  public func read(
    _ tensor: GGUFHeader.Tensor, at offset: Int, into output: inout MutableRawSpan
  ) throws(GGUFFailure) {
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
