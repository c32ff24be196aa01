public import Storage
internal import Synchronization

/// Writes a GGUF file whose layout is known, tensors' bytes in any order and from any thread.
///
/// The file gets its name only when every byte has been written; dropped before that, it is gone,
/// unless its `Resumption` wants to go on from there. What fills up between tensors is zero, for the
/// space that is reserved is.
public struct GGUFWriter: ~Copyable, Sendable {
  public let layout: GGUFLayout
  private var file: ResumableFile
  private let progress: Mutex<WriteProgress>

  private struct WriteProgress {
    var coverage: [String: ByteCoverage] = [:]
    /// The first refusal of the storage: what was claimed for that write is not in the file.
    var failure: StorageFailure?
  }

  private init(layout: GGUFLayout, file: consuming ResumableFile) {
    self.layout = layout
    self.file = file
    progress = Mutex(WriteProgress())
  }

  /// Reserves the space of the whole file and writes its header.
  public static func create(
    _ layout: GGUFLayout, resumption: Resumption? = nil
  ) throws(GGUFFailure) -> GGUFWriter {
    do throws(StorageFailure) {
      let file = try ResumableFile.create(
        layout.path, reserving: layout.byteCount, resumption: resumption)
      try file.write(layout.leadingBytes.rawBytes, at: 0)
      return GGUFWriter(layout: layout, file: file)
    } catch {
      throw .storage(error)
    }
  }

  /// Writes bytes of a tensor, which go to its byte `offset`. From any thread.
  ///
  /// `note` is given back when a later run takes the bytes over.
  public func write(
    _ bytes: RawSpan, of tensor: String, at offset: Int, note: UInt64 = 0
  ) throws(GGUFFailure) {
    let place = try claim(bytes.byteCount, of: tensor, at: offset)
    do throws(StorageFailure) {
      try file.writePiece(bytes, at: place, note: note)
    } catch {
      progress.withLock { $0.failure = $0.failure ?? error }
      throw .storage(error)
    }
  }

  /// Takes over bytes of a tensor that an earlier run wrote in one call of `write`, and gives the
  /// note of that call; nil when they are not there or not as they were, and have to be written.
  /// From any thread.
  public func takeOver(
    _ byteCount: Int, of tensor: String, at offset: Int
  ) throws(GGUFFailure) -> UInt64? {
    guard let finished = file.finished,
      let place = layout.header[tensor]?.byteRange.lowerBound,
      let piece = finished[place + offset], piece.byteCount == byteCount,
      finished.takeOver([piece])
    else { return nil }
    _ = try claim(byteCount, of: tensor, at: offset)
    return piece.note
  }

  /// Claims bytes of a tensor and gives their place in the file.
  private func claim(
    _ byteCount: Int, of tensor: String, at offset: Int
  ) throws(GGUFFailure) -> Int {
    let place = layout.header[tensor]?.byteRange ?? 0..<0
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard offset >= 0, !overflow, end <= place.count else {
      throw .outsideTensor(
        file: layout.path, tensor: tensor, range: offset..<max(offset, overflow ? .max : end),
        byteCount: place.count)
    }
    // Claimed before it is written: of two threads that want the same bytes, one fails.
    let isNew = progress.withLock {
      $0.coverage[tensor, default: ByteCoverage()].insert(offset..<end)
    }
    guard isNew else {
      throw .writtenTwice(file: layout.path, tensor: tensor, range: offset..<end)
    }
    return place.lowerBound + offset
  }

  /// Finishes the file; throws, and leaves none, when bytes of a tensor are missing.
  public consuming func commit() throws(GGUFFailure) {
    let progress = progress.withLock { $0 }
    if let failure = progress.failure { throw .storage(failure) }
    for tensor in layout.header.tensors {
      let written = progress.coverage[tensor.name]?.count ?? 0
      guard written == tensor.byteRange.count else {
        throw .incomplete(
          file: layout.path, tensor: tensor.name, written: written,
          expected: tensor.byteRange.count)
      }
    }
    do throws(StorageFailure) {
      try file.commit(byteCount: layout.byteCount)
    } catch {
      throw .storage(error)
    }
  }
}
