internal import Bundles
internal import Checkpoints
internal import Failures
internal import Families
public import Parallel
internal import Safetensors
internal import Storage
internal import Tensors

/// Looks at a pipeline folder, a folder of weights, a safetensors file or a bundle.
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
  let source = try SafetensorsCheckpoint.open(path)
  var components = Identity.all(of: source.weights.map(\.name)).map {
    WeightsComponent(identity: $0, configuration: nil)
  }
  var problem: String?
  do {
    components = try Checkpoint.openAll(path).map {
      WeightsComponent(identity: $0.weights.identity, configuration: $0.configuration)
    }
  } catch let failure as any DiagnosedFailure {
    problem = failure.description
  }
  return WeightsInspection(
    path: path, files: source.files.map(\.path), components: components, problem: problem,
    weights: source.weights,
    metadata: source.files.first?.header.metadata ?? [],
    statistics: statistics ? try measure(source, threads: threads, monitor: monitor) : [])
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
