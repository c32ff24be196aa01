internal import Storage
internal import Synchronization

/// Writes a safetensors file whose layout is known, tensors' bytes in any order and from any thread.
///
/// The file gets its name only when every byte has been written; dropped before that, it is gone.
public struct SafetensorsWriter: ~Copyable, Sendable {
  public let path: String
  public let layout: SafetensorsLayout
  private var file: AtomicFile
  private let progress: Mutex<Progress>

  /// What has become of the writes so far.
  struct Progress {
    var coverage: [String: ByteCoverage] = [:]
    /// The first refusal of the storage: what was claimed for that write is not in the file.
    var failure: StorageFailure?
  }

  private init(path: String, layout: SafetensorsLayout, file: consuming AtomicFile) {
    self.path = path
    self.layout = layout
    self.file = file
    progress = Mutex(Progress())
  }

  /// Reserves the space of the whole file and writes its header.
  public static func create(
    _ path: String, layout: SafetensorsLayout
  ) throws(SafetensorsFailure) -> SafetensorsWriter {
    do throws(StorageFailure) {
      let file = try AtomicFile.create(path, reserving: layout.byteCount)
      try file.write(layout.leadingBytes.rawBytes, at: 0)
      return SafetensorsWriter(path: path, layout: layout, file: file)
    } catch {
      throw .storage(error)
    }
  }

  /// Writes bytes of a tensor, which go to its byte `offset`. From any thread.
  public func write(
    _ bytes: RawSpan, of tensor: String, at offset: Int
  ) throws(SafetensorsFailure) {
    let place = layout.header[tensor]?.byteRange ?? 0..<0
    let (end, overflow) = offset.addingReportingOverflow(bytes.byteCount)
    guard offset >= 0, !overflow, end <= place.count else {
      throw .outsideTensor(
        file: path, tensor: tensor, range: offset..<max(offset, overflow ? .max : end),
        byteCount: place.count)
    }
    // Claimed before it is written: of two threads that want the same bytes, one fails.
    let isNew = progress.withLock {
      $0.coverage[tensor, default: ByteCoverage()].insert(offset..<end)
    }
    guard isNew else {
      throw .writtenTwice(file: path, tensor: tensor, range: offset..<end)
    }
    do throws(StorageFailure) {
      try file.write(bytes, at: place.lowerBound + offset)
    } catch {
      progress.withLock { $0.failure = $0.failure ?? error }
      throw .storage(error)
    }
  }

  /// Finishes the file; throws, and leaves none, when bytes of a tensor are missing.
  public consuming func commit() throws(SafetensorsFailure) {
    let progress = progress.withLock { $0 }
    if let failure = progress.failure { throw .storage(failure) }
    for tensor in layout.header.tensors {
      let written = progress.coverage[tensor.name]?.count ?? 0
      guard written == tensor.byteRange.count else {
        throw .incomplete(
          file: path, tensor: tensor.name, written: written, expected: tensor.byteRange.count)
      }
    }
    do throws(StorageFailure) {
      try file.commit(byteCount: layout.byteCount)
    } catch {
      throw .storage(error)
    }
  }
}
