internal import Bundles
internal import Checkpoints
internal import Failures
internal import Families
public import Parallel
internal import Storage
internal import Tensors

/// Looks at a pipeline folder, a folder of weights, a safetensors or GGUF file, or a bundle.
///
/// Headers are validated whole; data are read only for statistics. A checkpoint that is readable but
/// not a complete network of a known family is described, with what is wrong with it.
public func inspect(
  _ path: String, statistics: Bool = false, threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> Inspection {
  if FileSystem.kind(of: path) == .file, try Bundle.isBundle(path) {
    let bundle = try Bundle.open(path)
    return Inspection(
      bundle,
      statistics: statistics ? try measure(bundle, threads: threads, monitor: monitor) : [])
  }
  if Pipeline.isPipeline(path) {
    return try inspectPipeline(path, statistics: statistics, threads: threads, monitor: monitor)
  }
  return Inspection(
    path: path,
    content: .weights(
      try inspectWeights(path, statistics: statistics, threads: threads, monitor: monitor)))
}

/// Looks at a bundle, and refuses anything else.
public func inspectBundle(_ path: String) throws -> Inspection {
  Inspection(try Bundle.open(path), statistics: [])
}

extension Inspection {
  fileprivate init(_ bundle: Bundle, statistics: [WeightStatistics]) {
    self.init(
      path: bundle.path,
      content: .bundle(
        BundleInspection(
          header: bundle.header, fileByteCount: bundle.fileByteCount, weights: bundle.weights,
          statistics: statistics)))
  }
}

private func inspectPipeline(
  _ path: String, statistics: Bool, threads: Int, monitor: WorkMonitor
) throws -> Inspection {
  let pipeline = try Pipeline.open(path)
  return Inspection(
    path: path,
    content: .pipeline(
      className: pipeline.className ?? "unknown", isDistilled: pipeline.isDistilled,
      components: try pipeline.parts.map { part in
        Inspection.Component(
          name: part.name, library: part.library, className: part.className,
          weights: part.hasWeights
            ? try inspectWeights(
              FileSystem.path(path, part.name), statistics: statistics, threads: threads,
              monitor: monitor) : nil)
      }))
}

private func inspectWeights(
  _ path: String, statistics: Bool, threads: Int, monitor: WorkMonitor
) throws -> WeightsInspection {
  let stored = try StoredCheckpoint.open(path)
  var source = stored.tensors
  var quantization: [QuantizationCount] = []
  var components: [WeightsComponent] = []
  var problem: String?
  do {
    let decoded = try stored.decoded(openedAt: path)
    source = decoded
    quantization = QuantizationCount.census(of: decoded)
    components = try Checkpoint.all(in: decoded, path: path).map {
      WeightsComponent(identity: $0.weights.identity, configuration: $0.configuration)
    }
  } catch let failure as any DiagnosedFailure {
    if quantization.isEmpty { quantization = QuantizationCount.refused(by: failure) }
    problem = failure.description
    components = Identity.all(of: source.weights.map(\.name)).map {
      WeightsComponent(identity: $0, configuration: nil)
    }
  }
  return WeightsInspection(
    path: path, files: stored.files, components: components, problem: problem,
    weights: source.weights, quantization: quantization,
    metadata: stored.metadata,
    statistics: statistics ? try measure(source, threads: threads, monitor: monitor) : [])
}

extension QuantizationCount {
  /// The codes that a checkpoint has, most tensors first.
  fileprivate static func census(of checkpoint: any StoredWeights) -> [QuantizationCount] {
    let encodings = checkpoint.weights.compactMap { checkpoint.encodingOfCodes($0.name) }
    return Dictionary(grouping: encodings, by: \.self)
      .map { QuantizationCount(format: $0.key, tensorCount: $0.value.count, isDecoded: true) }
      .sorted { ($1.tensorCount, $0.format) < ($0.tensorCount, $1.format) }
  }

  /// The codes for which a checkpoint was refused; empty when it was for something else.
  fileprivate static func refused(by failure: any DiagnosedFailure) -> [QuantizationCount] {
    guard case .unsupportedFormat(_, _, let format, _, let count) = failure as? CheckpointFailure
    else { return [] }
    return [QuantizationCount(format: format, tensorCount: count, isDecoded: false)]
  }
}

/// The statistics of every weight that holds real numbers.
private func measure(
  _ source: any WeightSource, threads: Int, monitor: WorkMonitor
) throws -> [WeightStatistics] {
  let weights = source.weights.filter { weight in
    ElementType(rawValue: weight.encoding)?.isFloatingPoint ?? true
  }
  monitor.begin("statistics", total: weights.storedByteCount, unit: .bytes)
  return try weights.map { weight in
    let columns = weight.shape.columns
    let step = RowBlock.rowCount(columns: columns)
    let rows = weight.shape.rows
    let parts = try mapChunks(of: rows, chunk: step, threads: threads) { range in
      try monitor.checkCancellation()
      let values = try source.values(of: weight.name, rows: range)
      var part = TensorStatistics()
      for row in 0..<range.count {
        part.add(
          values.span.extracting(row * columns..<(row + 1) * columns),
          row: range.lowerBound + row)
      }
      monitor.advance(by: weight.storedByteCount(of: range))
      return part
    }
    return WeightStatistics(
      name: weight.name,
      statistics: parts.reduce(into: TensorStatistics()) { $0.merge($1) })
  }
}
