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

  /// The values of some slices: rows of a matrix, elements of a vector.
  private func values(_ slices: Range<Int>) throws -> [Float] {
    let size = tensor.shape.sliceSize
    var values = [Float](repeating: 0, count: slices.count * size)
    var output = values.mutableSpan
    var place = 0
    for run in tensor.runs.extracting(slices) {
      let end = place + run.rows.count * size
      var part = output._mutatingExtracting(place..<end)
      try weights.decode(run.source, slices: run.rows, into: &part)
      place = end
    }
    return values
  }

  /// Makes the bytes of every array and gives them to `put` with the array's position and the
  /// offset in it, in any order, from several threads.
  func write(
    threads: Int, monitor: WorkMonitor,
    put: @Sendable (_ bytes: [UInt8], _ array: Int, _ offset: Int) throws -> Void
  ) throws {
    switch tensor.storage {
    case .plain(let type):
      let width = tensor.shape.sliceSize * type.bitWidth / 8
      try eachChunk(RowBlock.rowCount(columns: tensor.shape.sliceSize), threads, monitor) { rows in
        try put(try plainBytes(rows, as: type), 0, rows.lowerBound * width)
      }
    case .coded(let codec):
      try writeCodes(of: codec, threads: threads, monitor: monitor, put: put)
    }
  }

  private func writeCodes(
    of codec: some MatrixCodec, threads: Int, monitor: WorkMonitor,
    put: @Sendable (_ bytes: [UInt8], _ array: Int, _ offset: Int) throws -> Void
  ) throws {
    let survey = try survey(codec, threads: threads, monitor: monitor)
    let arrays = codec.arrays(of: tensor.shape)
    var wholes = codec.wholeArrays(of: tensor.shape, after: survey)[...]
    var rowArrays: [Int] = []
    for (index, array) in arrays.enumerated() {
      if array.extent == .whole, let bytes = wholes.popFirst() {
        try put(bytes, index, 0)
      } else {
        rowArrays.append(index)
      }
    }
    let places = rowArrays
    let unit = codec.unitRows(columns: tensor.shape.columns)
    let step = ExportPlan.chunkRows(codec, columns: tensor.shape.columns)
    try eachChunk(step, threads, monitor) { rows in
      let encoded = try encode(rows, codec, after: survey)
      for (place, bytes) in zip(places, encoded) {
        try put(bytes, place, arrays[place].byteRange(ofRows: rows, unitRows: unit).lowerBound)
      }
    }
  }

  private func eachChunk(
    _ step: Int, _ threads: Int, _ monitor: WorkMonitor,
    _ body: @Sendable (Range<Int>) throws -> Void
  ) throws {
    let weight = WeightDescription(
      name: tensor.name, shape: tensor.shape, encoding: "",
      storedByteCount: tensor.sourceByteCount)
    try forEachChunk(of: tensor.shape.sliceCount, chunk: step, threads: threads) { rows in
      try monitor.checkCancellation()
      try body(rows)
      monitor.advance(by: weight.storedByteCount(ofSlices: rows))
    }
  }

  private func plainBytes(_ slices: Range<Int>, as type: ElementType) throws -> [UInt8] {
    let values = try values(slices)
    if type == .float16, let wide = values.first(where: { $0.isFinite && Float16($0).isInfinite }) {
      throw ExportFailure.cannotEncode(
        origin: weights.origin, tensor: tensor.name,
        reason: "expected values that F16 can hold, up to 65504, found \(wide)")
    }
    var bytes = [UInt8](repeating: 0, count: values.count * type.bitWidth / 8)
    var output = bytes.mutableSpan
    encodeElements(values.span, as: type, into: &output)
    return bytes
  }

  /// What the codec has to know before the first row; a pass over all values where it asks for one.
  private func survey(
    _ codec: some MatrixCodec, threads: Int, monitor: WorkMonitor
  ) throws -> MatrixSurvey {
    guard codec.survey != .none, tensor.source.isValues else { return MatrixSurvey() }
    let step = ExportPlan.chunkRows(codec, columns: tensor.shape.columns)
    let parts = try mapChunks(of: tensor.shape.rows, chunk: step, threads: threads) { rows in
      try monitor.checkCancellation()
      let values = try values(rows)
      return MatrixSurvey(values.span, codec.survey)
    }
    return parts.reduce(into: MatrixSurvey()) { $0.merge($1) }
  }

  private func encode(
    _ rows: Range<Int>, _ codec: some MatrixCodec, after survey: MatrixSurvey
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
    let values = try values(rows)
    do throws(CodecFailure) {
      return try codec.encode(values.span, rows: rows, of: tensor.shape, after: survey)
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
