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
  init(_ contents: [[UInt8]], compress: Bool) throws {
    offset = nil
    segments = try contents.map { content in
      let checksum = CRC32(content.rawBytes)
      guard compress, let frame = try ZstdChunk.compress(content.rawBytes) else {
        return Segment(
          bytes: content, byteCount: content.count, checksum: checksum, contentChecksum: checksum)
      }
      return Segment(
        bytes: frame, byteCount: frame.count, checksum: CRC32(frame.rawBytes),
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
