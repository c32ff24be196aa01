internal import Storage
internal import Synchronization

/// Where the blocks of a compressed file stand, found one after the other.
final class CompressedPlaces: Sendable {
  /// What is known of a tensor when its last block is placed.
  struct Tensor: Sendable {
    struct Segment: Sendable {
      var checksum = CRC32()
      var runs: [ByteRun] = []
    }
    var segments: [Segment]
    var end: Int
  }

  private struct State {
    /// How many blocks are placed.
    var count = 0
    /// Where they end.
    var end: Int
    var tensors: [Tensor]
  }

  private let blocks: [CompressedBlock]
  private let layouts: [TensorLayout]
  private let state: Mutex<State>

  /// Nothing is placed yet; the file has `end` bytes.
  init(_ blocks: [CompressedBlock], from end: Int, of plan: BundlePlan) {
    self.blocks = blocks
    layouts = plan.tensors.map(\.layout)
    state = Mutex(
      State(
        end: end,
        tensors: layouts.map { layout in
          Tensor(segments: layout.segments.map { _ in .init() }, end: 0)
        }))
  }

  /// Where the next block begins.
  var nextOffset: Int { state.withLock { begin(of: $0.count, behind: $0.end) } }

  /// Places the next block and gives its offset.
  func place(_ encoded: EncodedBlock) -> Int {
    state.withLock { state in
      let block = blocks[state.count]
      let offset = begin(of: state.count, behind: state.end)
      state.end = offset
      for (index, segment) in encoded.segments.enumerated() {
        let byteCount = block.rows.count * layouts[block.tensor].segments[index].rowStride
        state.tensors[block.tensor].segments[index].checksum.append(
          segment.contentChecksum, byteCount: byteCount)
        state.tensors[block.tensor].segments[index].runs.append(
          ByteRun(offset: state.end, byteCount: segment.byteCount))
        state.end += segment.byteCount
      }
      state.tensors[block.tensor].end = state.end
      state.count += 1
      return offset
    }
  }

  /// The tensors once all blocks are placed.
  func tensors() -> [Tensor] {
    state.withLock {
      precondition($0.count == blocks.count, "every block is placed")
      return $0.tensors
    }
  }

  /// What an earlier run noted of the segments of a block, nil where one is missing.
  ///
  /// Where a compressed block begins is not known when one before it is neither placed nor noted.
  func pieces(of index: Int, in finished: FinishedPieces) -> [FinishedPiece]? {
    var (first, end) = state.withLock { ($0.count, $0.end) }
    var pieces: [FinishedPiece]?
    while first <= index {
      pieces = self.pieces(of: first, behind: end, in: finished)
      guard let last = pieces?.last else { return nil }
      end = last.offset + last.byteCount
      first += 1
    }
    return pieces
  }

  private func pieces(
    of index: Int, behind end: Int, in finished: FinishedPieces
  ) -> [FinishedPiece]? {
    let block = blocks[index]
    var offset = begin(of: index, behind: end)
    var pieces: [FinishedPiece] = []
    for segment in layouts[block.tensor].segments {
      guard let piece = finished[offset],
        piece.byteCount <= block.rows.count * segment.rowStride
      else { return nil }
      offset += piece.byteCount
      pieces.append(piece)
    }
    return pieces
  }

  private func begin(of index: Int, behind end: Int) -> Int {
    blocks[index].isAligned
      ? BundleFormat.aligned(end, to: BundleFormat.blockAlignment) : end
  }
}
