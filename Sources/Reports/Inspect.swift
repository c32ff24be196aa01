internal import Bundles
internal import Checkpoints
internal import Failures
internal import Families
public import Parallel
internal import Safetensors
internal import Storage
internal import StrictJSON
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
  let index = FileSystem.path(path, "model_index.json")
  if FileSystem.kind(of: index) == .file {
    return try inspectPipeline(
      path, index: index, statistics: statistics, threads: threads, monitor: monitor)
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
  _ path: String, index: String, statistics: Bool, threads: Int, monitor: WorkMonitor
) throws -> Inspection {
  let document = try JSONField.parse(
    FileReader.contents(of: index, limit: 16 << 20), document: index)
  var components: [Inspection.Component] = []
  for (name, field) in try document.members() {
    // Parts are pairs of library and class; a pair of nulls is a part that this pipeline lacks.
    guard case .array(let pair) = field.value, pair.count == 2,
      case .string(let library) = pair[0], case .string(let className) = pair[1]
    else { continue }
    // The name becomes a path, which must not lead out of the pipeline.
    guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
      throw field.failure(expected: "a part in a folder of its own", found: "another path")
    }
    let folder = FileSystem.path(path, name)
    let files = FileSystem.kind(of: folder) == .folder ? try FileSystem.names(in: folder) : []
    let hasWeights = files.contains { $0.hasSuffix(".safetensors") }
    components.append(
      Inspection.Component(
        name: name, library: library, className: className,
        weights: hasWeights
          ? try inspectWeights(
            folder, statistics: statistics, threads: threads, monitor: monitor) : nil))
  }
  return Inspection(
    path: path,
    content: .pipeline(
      className: try document.optional("_class_name")?.string() ?? "unknown",
      isDistilled: try document.optional("is_distilled")?.bool(), components: components))
}

private func inspectWeights(
  _ path: String, statistics: Bool, threads: Int, monitor: WorkMonitor
) throws -> WeightsInspection {
  let stored = try SafetensorsCheckpoint.open(path)
  var source: any WeightSource = stored
  var quantization: [QuantizationCount] = []
  var problem: String?
  do {
    let decoded = try DecodedCheckpoint(stored)
    source = decoded
    quantization = QuantizationCount.census(of: decoded)
  } catch let failure as any DiagnosedFailure {
    quantization = QuantizationCount.refused(by: failure)
    problem = failure.description
  }
  let identity = Identity.of(source.weights.map(\.name))
  var configuration: Flux2Configuration?
  if problem == nil {
    if identity?.family.isSupported == true {
      do {
        configuration = try Checkpoint.open(path).configuration
      } catch let failure as any DiagnosedFailure {
        problem = failure.description
      }
    } else {
      problem =
        identity.map { "a \($0.family.rawValue) is recognised, not supported yet" }
        ?? "no known family has these tensor names"
    }
  }
  return WeightsInspection(
    path: path, files: stored.files.map(\.path), identity: identity,
    configuration: configuration, problem: problem, weights: source.weights,
    quantization: quantization, metadata: stored.files.first?.header.metadata ?? [],
    statistics: statistics ? try measure(source, threads: threads, monitor: monitor) : [])
}

extension QuantizationCount {
  /// The codes that a checkpoint has, most tensors first.
  fileprivate static func census(of checkpoint: DecodedCheckpoint) -> [QuantizationCount] {
    let encodings = checkpoint.weights.compactMap { checkpoint.codes(of: $0.name)?.encoding }
    return Dictionary(grouping: encodings, by: \.self)
      .map { QuantizationCount(format: $0.key, tensorCount: $0.value.count, isDecoded: true) }
      .sorted { ($1.tensorCount, $0.format) < ($0.tensorCount, $1.format) }
  }

  /// The codes for which a checkpoint was refused; empty when it was for something else.
  fileprivate static func refused(by failure: any DiagnosedFailure) -> [QuantizationCount] {
    guard case .unsupportedFormat(_, _, let format, let count) = failure as? CheckpointFailure
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
