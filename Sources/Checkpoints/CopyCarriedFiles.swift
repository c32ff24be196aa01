public import Parallel
public import Storage

extension AtomicFolder {
  /// Copies the files of a pipeline that go along, in pieces, under their names.
  public func copy(
    _ files: [CarriedFile], _ resumption: Resumption, monitor: WorkMonitor
  ) throws {
    var folders: Set<String> = []
    for file in files {
      // `a/b/c.json`: first `a`, then `a/b`.
      var folder = ""
      for component in file.name.split(separator: "/").dropLast() {
        folder = folder.isEmpty ? String(component) : FileSystem.path(folder, String(component))
        if folders.insert(folder).inserted { _ = try makeFolder(folder) }
      }
      try Self.copy(
        file, to: FileSystem.path(partialPath, file.name), resumption, monitor: monitor)
    }
  }

  private static let pieceByteCount = 8 << 20

  private static func copy(
    _ file: CarriedFile, to path: String, _ resumption: Resumption, monitor: WorkMonitor
  ) throws {
    let source = try FileReader.open(file.path)
    var target = try ResumableFile.create(
      path, reserving: file.byteCount, resumption: resumption)
    for offset in stride(from: 0, to: file.byteCount, by: pieceByteCount) {
      try monitor.checkCancellation()
      let byteCount = min(pieceByteCount, file.byteCount - offset)
      let finished = target.finished?[offset].map { $0.byteCount == byteCount ? [$0] : [] } ?? []
      if finished.isEmpty || target.finished?.takeOver(finished) != true {
        let bytes = try source.bytes(at: offset, count: byteCount)
        try target.writePiece(bytes.rawBytes, at: offset)
      }
      monitor.advance(by: byteCount)
    }
    try target.commit(byteCount: file.byteCount)
  }
}
