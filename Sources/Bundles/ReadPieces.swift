internal import Storage
internal import Synchronization

/// The checksums of the pieces of a bundle's segments that were read, in any order and from several
/// threads, for a comparison with those of the whole segments.
final class ReadPieces: Sendable {
  private struct Place: Hashable {
    var tensor: String
    var kind: SegmentKind
  }

  private struct Piece {
    var offset: Int
    var byteCount: Int
    var checksum: CRC32
  }

  private let pieces = Mutex<[Place: [Piece]]>([:])

  /// Notes a piece by its place in the segment without compression.
  func add(
    _ checksum: CRC32, at offset: Int, byteCount: Int, of kind: SegmentKind, in tensor: String
  ) {
    let piece = Piece(offset: offset, byteCount: byteCount, checksum: checksum)
    pieces.withLock { $0[Place(tensor: tensor, kind: kind), default: []].append(piece) }
  }

  /// Throws unless the pieces make up every segment of the bundle, byte for byte.
  func check(against bundle: Bundle) throws(BundleFailure) {
    let pieces = pieces.withLock { $0 }
    for tensor in bundle.header.tensors {
      for segment in tensor.segments {
        let found = pieces[Place(tensor: tensor.name, kind: segment.kind), default: []]
          .sorted { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
        var checksum = CRC32()
        var end = 0
        for piece in found {
          precondition(piece.offset == end, "a piece of \(tensor.name) was read twice or never")
          checksum.append(piece.checksum, byteCount: piece.byteCount)
          end += piece.byteCount
        }
        precondition(end == segment.byteCount, "the end of \(tensor.name) was not read")
        guard checksum == segment.checksum else {
          throw .segmentChecksum(
            path: bundle.path, tensor: tensor.name, segment: segment.kind.rawValue,
            expected: segment.checksum, found: checksum)
        }
      }
    }
  }
}
