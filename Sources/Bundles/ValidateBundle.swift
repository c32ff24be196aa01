internal import Storage
internal import Tensors

extension BundleHeader {
  /// Checks that every byte run lies in its block, every block in the file, aligned, in order and
  /// without overlap. Afterwards offsets are used unchecked.
  func validate(path: String, dataEnd: Int) throws(BundleFailure) {
    func require(
      _ condition: Bool, _ subject: String, _ expected: String, _ found: String
    ) throws(BundleFailure) {
      guard condition else {
        throw .inconsistent(path: path, subject: subject, expected: expected, found: found)
      }
    }
    var names: Set<String> = []
    for tensor in tensors {
      let isNew = names.insert(tensor.name).inserted
      try require(isNew, "tensor \"\(tensor.name)\"", "one tensor of that name", "two")
    }
    var end = BundleFormat.preludeByteCount
    for block in blocks {
      let subject = "block \"\(block.name)\""
      try require(
        block.run.offset >= end && block.run.offset.isMultiple(of: BundleFormat.blockAlignment),
        subject, "an offset from \(end) on, a multiple of \(BundleFormat.blockAlignment)",
        "\(block.run.offset)")
      try require(
        block.run.end <= dataEnd, subject, "its end within the data, at most byte \(dataEnd)",
        "byte \(block.run.end)")
      end = block.run.end
      var runEnd = block.run.offset
      for tensor in tensors[block.tensors] {
        for (run, place) in tensor.orderedRuns {
          let subject = "tensor \"\(tensor.name)\": \(place)"
          try require(
            run.offset >= runEnd && run.end <= block.run.end, subject,
            "bytes \(runEnd) to \(block.run.end) of its block", "\(run.offset) to \(run.end)")
          try require(
            tensor.chunkRows != nil || run.offset.isMultiple(of: BundleFormat.segmentAlignment),
            subject, "an offset that is a multiple of \(BundleFormat.segmentAlignment)",
            "\(run.offset)")
          runEnd = run.end
        }
        try tensor.validateChunkSizes(path: path)
      }
    }
  }
}

extension BundleTensor {
  /// The runs in the order of the file: chunk by chunk, in each the segments in their order.
  var orderedRuns: [(run: ByteRun, place: String)] {
    guard chunkRows != nil else {
      return segments.map { ($0.runs[0], $0.kind.rawValue) }
    }
    let chunkCount = segments.first?.runs.count ?? 0
    return (0..<chunkCount).flatMap { chunk in
      segments.map { ($0.runs[chunk], "\($0.kind.rawValue): chunk \(chunk)") }
    }
  }

  /// A chunk is never longer than its bytes, so that the memory to read it is bounded by them.
  fileprivate func validateChunkSizes(path: String) throws(BundleFailure) {
    guard let chunkRows else { return }
    for segment in segments {
      for (chunk, run) in segment.runs.enumerated() {
        let rows = min(chunkRows, shape.rows - chunk * chunkRows)
        let limit = rows * segment.rowStride
        guard (min(1, limit)...limit).contains(run.byteCount) else {
          throw .inconsistent(
            path: path, subject: "tensor \"\(name)\": \(segment.kind.rawValue): chunk \(chunk)",
            expected: "1 to \(limit) bytes", found: "\(run.byteCount)")
        }
      }
    }
  }
}
