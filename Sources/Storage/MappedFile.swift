internal import Glibc

/// A whole file seen as memory, read-only, without a copy.
///
/// Pages are read when touched and given back by the system when it needs them. Someone who cuts
/// the file short while it is mapped stops the process; bulk reads go through `FileReader`.
@safe
public struct MappedFile: ~Copyable, @unchecked Sendable {
  private let base: UnsafeRawPointer?
  public let byteCount: Int

  private init(base: UnsafeRawPointer?, byteCount: Int) {
    unsafe self.base = base
    self.byteCount = byteCount
  }

  deinit {
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Maps a file that is open; an empty file is an empty span.
  public static func map(_ file: borrowing FileReader) throws(StorageFailure) -> MappedFile {
    guard file.byteCount > 0 else { return unsafe MappedFile(base: nil, byteCount: 0) }
    let base = unsafe mmap(nil, file.byteCount, PROT_READ, MAP_SHARED, file.descriptor, 0)
    guard unsafe base != MAP_FAILED, let base = unsafe base else {
      throw .system(path: file.path, action: "map it into memory", code: errno)
    }
    return unsafe MappedFile(base: UnsafeRawPointer(base), byteCount: file.byteCount)
  }

  /// The content of the file.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // `base` is nil only when there are no bytes.
      let buffer = unsafe UnsafeRawBufferPointer(start: base, count: byteCount)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }
}
