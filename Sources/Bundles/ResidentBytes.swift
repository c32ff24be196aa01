public import Storage

extension Bundle {
  /// Maps the file.
  public func map() throws(StorageFailure) -> MappedFile { try MappedFile.map(file) }
}

extension BundleSegment {
  /// The segment's bytes inside a mapping of its bundle, without a copy; nil when it is compressed.
  @_lifetime(borrow mapping)
  public func bytes(in mapping: borrowing MappedFile) -> RawSpan? {
    guard case .resident(let offset) = placement else { return nil }
    return mapping.bytes.extracting(offset..<offset + byteCount)
  }
}
