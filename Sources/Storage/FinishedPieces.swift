/// What an earlier run finished of a file that is gone on with; formats/journal.md.
///
/// A journal only claims. `takeOver` reads the bytes back and proves it: sizes prove nothing, since
/// the space is reserved as zeros, and after a loss of power neither does the journal.
public final class FinishedPieces: Sendable {
  private let reader: FileReader
  private let pieces: [Int: FinishedPiece]
  private let resumption: Resumption

  init(
    _ pieces: [Int: FinishedPiece], in reader: consuming FileReader, resumption: Resumption
  ) {
    self.pieces = pieces
    self.reader = reader
    self.resumption = resumption
  }

  /// What the journal says of a piece that begins at an offset.
  public subscript(offset: Int) -> FinishedPiece? { pieces[offset] }

  /// Whether the bytes of pieces that belong together are all as they were written. From any thread.
  ///
  /// Holds a piece in memory; that it is no longer than planned is the caller's to check.
  public func takeOver(_ together: [FinishedPiece]) -> Bool {
    let isIntact = together.allSatisfy(isIntact)
    if isIntact {
      resumption.countTakenOver(together.reduce(0) { $0 + $1.byteCount })
    } else {
      resumption.countDamaged()
    }
    return isIntact
  }

  private func isIntact(_ piece: FinishedPiece) -> Bool {
    do throws(StorageFailure) {
      let bytes = try reader.bytes(at: piece.offset, count: piece.byteCount)
      return CRC32(bytes.rawBytes) == piece.checksum
    } catch {
      // What cannot be read back is made again; if the disk refuses that too, it will say so.
      return false
    }
  }
}
