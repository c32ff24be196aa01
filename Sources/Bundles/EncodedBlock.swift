internal import Storage

/// The segments of a block of rows on their way from the workers to the file.
struct EncodedBlock: Sendable {
  struct Segment: Sendable {
    /// What the file gets, nil where it has it already.
    let bytes: [UInt8]?
    /// The length and the checksum of that.
    let byteCount: Int
    let checksum: CRC32
    /// Of the segment's bytes, not compressed.
    let contentChecksum: CRC32
  }

  let segments: [Segment]
  /// Where it stands already, nil when it is new.
  private let offset: Int?

  /// A block that was made: each segment as it is, or as a frame where that is shorter.
  init(compressing buffer: BlockBuffer) throws {
    offset = nil
    segments = try (0..<buffer.segmentCount).map { index in
      let content = buffer.segment(index)
      let checksum = CRC32(content)
      let bytes = try ZstdChunk.compress(content) ?? content.copied()
      return Segment(
        bytes: bytes, byteCount: bytes.count,
        checksum: bytes.count < content.byteCount ? CRC32(bytes.rawBytes) : checksum,
        contentChecksum: checksum)
    }
  }

  /// A block that an earlier run finished; the notes are what `BundleWriter` put there.
  init(finished pieces: [FinishedPiece]) {
    offset = pieces.first?.offset
    segments = pieces.map {
      Segment(
        bytes: nil, byteCount: $0.byteCount, checksum: $0.checksum,
        contentChecksum: CRC32(value: UInt32(truncatingIfNeeded: $0.note)))
    }
  }

  /// Whether it stands in the file already, but not at this offset.
  func standsElsewhere(than offset: Int) -> Bool { self.offset.map { $0 != offset } ?? false }
}

extension RawSpan {
  /// The bytes in an array of their own.
  fileprivate func copied() -> [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
