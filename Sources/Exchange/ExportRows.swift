internal import Bundles
internal import Checkpoints
internal import Codecs
internal import Families
internal import Parallel
internal import Quantization
internal import Storage
internal import Tensors

/// The bytes of one weight of the output, made of the input's values or codes.
struct ExportRows: Sendable {
  private let tensor: ExportTensor
  private let input: ExportInput

  init(_ tensor: ExportTensor, of input: ExportInput) {
    self.tensor = tensor
    self.input = input
  }

  /// What values come from: the input, or the checkpoint that a bundle was made from.
  private var weights: CanonicalWeights { input.weights(for: tensor.source) }

  /// Memory that a thread uses again for every chunk.
  private struct Scratch {
    var values: [Float] = []
    /// The bytes of the chunk, of each array that belongs to rows.
    var arrays: [[UInt8]] = []
  }

  /// Puts the values of some slices, rows of a matrix or elements of a vector, at the beginning of
  /// `values`, which grows where it is too small; gives their number.
  private func decode(_ slices: Range<Int>, into values: inout [Float]) throws -> Int {
    let size = tensor.shape.sliceSize
    let count = slices.count * size
    if values.count < count { values = [Float](repeating: 0, count: count) }
    var output = values.mutableSpan
    var place = 0
    for run in tensor.runs.extracting(slices) {
      let end = place + run.rows.count * size
      var part = output._mutatingExtracting(place..<end)
      try weights.decode(run.source, slices: run.rows, into: &part)
      place = end
    }
    return count
  }

  /// Makes the bytes of every array and gives them to `put` with the array's position and the
  /// offset in it, in any order, from several threads.
  func write(
    threads: Int, monitor: WorkMonitor,
    put: @Sendable (_ bytes: RawSpan, _ array: Int, _ offset: Int) throws -> Void
  ) throws {
    switch tensor.storage {
    case .plain(let type):
      let width = tensor.shape.sliceSize * type.bitWidth / 8
      try eachChunk(RowBlock.rowCount(columns: tensor.shape.sliceSize), threads, monitor) {
        scratch, rows in
        let byteCount = try makePlain(rows, as: type, in: &scratch)
        let bytes = scratch.arrays[0]
        try put(bytes.rawBytes.extracting(first: byteCount), 0, rows.lowerBound * width)
      }
    case .coded(let codec):
      try writeCodes(of: codec, threads: threads, monitor: monitor, put: put)
    }
  }

  /// The slices that are decoded and encoded at once, so that their values stay in the caches; all of
  /// a chunk where the source has no single rows.
  private func slicesAtOnce(_ chunk: Int, unit: Int) -> Int {
    let hasSingleRows = tensor.runs.allSatisfy { run in
      guard let weight = weights.weight(named: run.source) else { return false }
      return !weight.isCompressed && ElementType(rawValue: weight.encoding) != nil
    }
    guard tensor.source.isValues, hasSingleRows else { return chunk }
    return max(1, RowBlock.cachedValueCount / max(1, tensor.shape.sliceSize) / unit) * unit
  }

  private func writeCodes(
    of codec: some MatrixCodec, threads: Int, monitor: WorkMonitor,
    put: @Sendable (_ bytes: RawSpan, _ array: Int, _ offset: Int) throws -> Void
  ) throws {
    let survey = try survey(codec, threads: threads, monitor: monitor)
    let arrays = codec.arrays(of: tensor.shape)
    var wholes = codec.wholeArrays(of: tensor.shape, after: survey)[...]
    var rowArrays: [Int] = []
    for (index, array) in arrays.enumerated() {
      if array.extent == .whole, let bytes = wholes.popFirst() {
        try put(bytes.rawBytes, index, 0)
      } else {
        rowArrays.append(index)
      }
    }
    let places = rowArrays
    let unit = codec.unitRows(columns: tensor.shape.columns)
    let step = ExportPlan.chunkRows(codec, columns: tensor.shape.columns)
    let atOnce = slicesAtOnce(step, unit: unit)
    try eachChunk(step, threads, monitor) { scratch, rows in
      if scratch.arrays.isEmpty { scratch.arrays = places.map { _ in [] } }
      for index in places.indices { scratch.arrays[index].removeAll(keepingCapacity: true) }
      for part in rows.parts(of: atOnce) {
        let encoded = try encode(part, codec, after: survey, using: &scratch.values)
        for (index, bytes) in encoded.enumerated() { scratch.arrays[index] += bytes }
      }
      for (index, place) in places.enumerated() {
        let bytes = scratch.arrays[index]
        try put(
          bytes.rawBytes, place,
          arrays[place].byteRange(ofRows: rows, unitRows: unit).lowerBound)
      }
    }
  }

  private func eachChunk(
    _ step: Int, _ threads: Int, _ monitor: WorkMonitor,
    _ body: @Sendable (inout Scratch, Range<Int>) throws -> Void
  ) throws {
    let weight = WeightDescription(
      name: tensor.name, shape: tensor.shape, encoding: "",
      storedByteCount: tensor.sourceByteCount)
    try forEachChunk(
      of: tensor.shape.sliceCount, chunk: step, threads: threads, scratch: { Scratch() }
    ) { scratch, rows in
      try monitor.checkCancellation()
      try body(&scratch, rows)
      monitor.advance(by: weight.storedByteCount(ofSlices: rows))
    }
  }

  /// Makes the bytes of slices of a tensor that is not coded, as the only array of `scratch`.
  private func makePlain(
    _ slices: Range<Int>, as type: ElementType, in scratch: inout Scratch
  ) throws -> Int {
    let width = tensor.shape.sliceSize * type.bitWidth / 8
    // Out of the scratch memory while both are lent, and moved, not copied.
    var bytes = scratch.arrays.popLast() ?? []
    defer { scratch.arrays = [bytes] }
    let byteCount = slices.count * width
    if bytes.count < byteCount { bytes = [UInt8](repeating: 0, count: byteCount) }
    for part in slices.parts(of: slicesAtOnce(slices.count, unit: 1)) {
      let count = try decode(part, into: &scratch.values)
      let values = scratch.values.span.extracting(first: count)
      if type == .float16,
        let wide = values.indices.first(where: {
          values[$0].isFinite && Float16(values[$0]).isInfinite
        })
      {
        throw ExportFailure.cannotEncode(
          origin: weights.origin, tensor: tensor.name,
          reason: "expected values that F16 can hold, up to 65504, found \(values[wide])")
      }
      let place = (part.lowerBound - slices.lowerBound) * width
      var span = bytes.mutableSpan
      var output = span._mutatingExtracting(place..<place + part.count * width)
      encodeElements(values, as: type, into: &output)
    }
    return byteCount
  }

  /// What the codec has to know before the first row; a pass over all values where it asks for one.
  private func survey(
    _ codec: some MatrixCodec, threads: Int, monitor: WorkMonitor
  ) throws -> MatrixSurvey {
    guard codec.survey != .none, tensor.source.isValues else { return MatrixSurvey() }
    let step = ExportPlan.chunkRows(codec, columns: tensor.shape.columns)
    let parts = try mapChunks(
      of: tensor.shape.rows, chunk: step, threads: threads, scratch: { [Float]() }
    ) { values, rows in
      try monitor.checkCancellation()
      let count = try decode(rows, into: &values)
      return MatrixSurvey(values.span.extracting(first: count), codec.survey)
    }
    return parts.reduce(into: MatrixSurvey()) { $0.merge($1) }
  }

  private func encode(
    _ rows: Range<Int>, _ codec: some MatrixCodec, after survey: MatrixSurvey,
    using values: inout [Float]
  ) throws -> [[UInt8]] {
    if case .codes(let description) = tensor.source {
      guard let codec = codec as? any LevelCodec, let scheme = Scheme(description) else {
        preconditionFailure("\(tensor.name) was planned to carry \(description)")
      }
      let taken = try levels(rows)
      return codec.pack(
        levels: taken.levels.span, scales: taken.scales.span, rows: rows, of: tensor.shape,
        scheme: scheme)
    }
    let count = try decode(rows, into: &values)
    do throws(CodecFailure) {
      return try codec.encode(
        values.span.extracting(first: count), rows: rows, of: tensor.shape, after: survey)
    } catch {
      throw ExportFailure.cannotEncode(
        origin: weights.origin, tensor: tensor.name, reason: error.description)
    }
  }

  /// The levels and scales of rows, gathered from the bundle's tensors.
  private func levels(_ rows: Range<Int>) throws -> LevelRows {
    guard let bundle = input.bundle else {
      preconditionFailure("only bundles have codes to carry")
    }
    var levels: [Int8] = []
    var scales: [Float] = []
    for run in tensor.runs.extracting(rows) {
      let (source, sourceRuns) = input.weights.sourceSlices(of: run.source)
      let runs = sourceRuns.map { RowRun(source: source.name, rows: $0) }.extracting(run.rows)
      for run in runs {
        let taken = try bundle.levels(of: run.source, rows: run.rows)
        levels += taken.levels
        scales += taken.scales
      }
    }
    return LevelRows(levels: levels, scales: scales)
  }
}

extension ExportTensor.Source {
  /// Whether values are encoded, not codes moved.
  var isValues: Bool {
    if case .codes = self { false } else { true }
  }
}
