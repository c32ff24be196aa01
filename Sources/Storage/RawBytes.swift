extension Span<UInt8> {
  /// The same bytes as a raw span: safe for bytes, which have no padding and no invalid values.
  public var rawBytes: RawSpan {
    @_lifetime(copy self)
    get { unsafe bytes }
  }
}

extension [UInt8] {
  /// So many bytes that are written before they are read; until then they are whatever the memory had.
  public init(unwritten count: Int) {
    // Every bit pattern is a byte, and the memory has room for `count` of them.
    unsafe self.init(unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
  }

  /// The content as a raw span.
  public var rawBytes: RawSpan {
    @_lifetime(borrow self)
    get { span.rawBytes }
  }
}

extension MutableSpan<UInt8> {
  /// The same bytes as a mutable raw span: safe for bytes, every value of which is valid.
  public var mutableRawBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { unsafe mutableBytes }
  }
}
