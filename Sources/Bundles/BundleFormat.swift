/// The fixed numbers of the native bundle; formats/bundle.md, section "Prelude".
enum BundleFormat {
  /// Begins with a byte that is no text and holds both line ends, so that a transfer in text mode
  /// shows.
  static let magic: [UInt8] = [0x89, 0x4D, 0x4D, 0x44, 0x49, 0x54, 0x0D, 0x0A]
  static let version = 1
  /// Magic, version, checksum, place and length of the header.
  static let preludeByteCount = 32
  /// Every block begins at a page, so that a runtime can map or drop one alone.
  static let blockAlignment = 4096
  /// Every segment begins at a cache line, the widest vector any kernel loads.
  static let segmentAlignment = 64
  /// The longest header that is read; one of a hundred thousand chunks has a few megabytes.
  static let largestHeader = 256 << 20

  static func aligned(_ offset: Int, to alignment: Int) -> Int {
    (offset + alignment - 1) / alignment * alignment
  }
}
