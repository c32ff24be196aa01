internal import Families
internal import Operations
internal import Parallel
internal import Tensors

/// One walk of some prompts through the layers of an encoder.
///
/// N stacked tokens, D width, M feed-forward width.
struct EncoderPass {
  let configuration: DecoderConfiguration
  let weights: any WeightSource
  let stacked: StackedPrompts
  let rotation: HalfRotation
  let attention: CausalAttention
  let threads: Int
  let monitor: WorkMonitor
  var linear: StreamedLinear
  /// The residual stream, `[N, D]`.
  var stream: Matrix

  /// The rows that a thread norms or rotates at a time.
  static let rowChunk = 32

  init(
    _ prompts: [TextInput], configuration: DecoderConfiguration, weights: any WeightSource,
    bufferCount: Int, threads: Int, monitor: WorkMonitor
  ) {
    self.configuration = configuration
    self.weights = weights
    self.threads = threads
    self.monitor = monitor
    stacked = StackedPrompts(prompts)
    rotation = HalfRotation(
      positionCount: stacked.longest, headSize: configuration.headSize,
      base: configuration.rotaryBase)
    attention = CausalAttention(configuration, stacked, threads: threads)
    linear = StreamedLinear(
      weights, bufferCount: bufferCount, threads: threads, monitor: monitor)
    stream = Matrix(rows: stacked.count, columns: configuration.width)
  }

  /// The hidden states `[L, layers.count · D]` of each prompt.
  mutating func run(_ prompts: [TextInput], layers: [Int]) throws -> [[Float]] {
    let size = layers.count * configuration.width
    var states = stacked.prompts.map { [Float](repeating: 0, count: $0.count * size) }
    try embed(prompts)
    try keep(0, of: layers, in: &states)
    for index in 0..<(layers.max() ?? 0) {
      try layer("\(configuration.prefix)layers.\(index)")
      try keep(index + 1, of: layers, in: &states)
      monitor.advance(by: 1)
    }
    return states
  }

  /// Fills the stream with the rows of the embedding table; each is decoded once.
  private mutating func embed(_ prompts: [TextInput]) throws {
    var places: [Int: [Int]] = [:]
    for (prompt, rows) in zip(prompts, stacked.prompts) {
      for (identifier, row) in zip(prompt.identifiers, rows) {
        places[identifier, default: []].append(row)
      }
    }
    let identifiers = places.keys.sorted()
    let (weights, name, width) = (weights, configuration.tableName, configuration.width)
    let threads = threads
    try monitor.checkCancellation()
    var span = stream.values.mutableSpan
    try DisjointRows.lend(&span, columns: width) { [places] rows in
      try forEachChunk(of: identifiers.count, chunk: 16, threads: threads) { range in
        for identifier in identifiers[range] {
          let values = try weights.values(of: name, rows: identifier..<identifier + 1)
          for row in places[identifier] ?? [] {
            rows.withRows(row..<row + 1) { output in
              for index in 0..<width { output[index] = values[index] }
            }
          }
        }
      }
    }
  }

  /// Copies entry `entry` of the hidden states to where `layers` asks for it.
  private func keep(_ entry: Int, of layers: [Int], in states: inout [[Float]]) throws {
    guard layers.contains(entry) else { return }
    let isNormed = entry == configuration.layerCount && configuration.hasFinalNorm
    let state = isNormed ? try normalized("\(configuration.prefix)norm.weight") : stream
    let width = configuration.width
    for (prompt, rows) in stacked.prompts.enumerated() {
      for (position, row) in rows.enumerated() {
        for (place, layer) in layers.enumerated() where layer == entry {
          let target = (position * layers.count + place) * width
          for index in 0..<width {
            states[prompt][target + index] = state.values[row * width + index]
          }
        }
      }
    }
  }

  /// The stream `[N, D]` after the RMS norm of that name.
  func normalized(_ name: String) throws -> Matrix {
    let scale = try weights.values(of: name)
    let epsilon = configuration.epsilon
    var normal = stream
    var span = normal.values.mutableSpan
    try DisjointRows.lend(&span, columns: configuration.width) { rows in
      try forEachChunk(of: stacked.count, chunk: Self.rowChunk, threads: threads) { range in
        rows.withRows(range) { output in
          for row in 0..<range.count {
            normalizeRootMeanSquare(
              &output, at: row * scale.count, scale: scale, epsilon: epsilon)
          }
        }
      }
    }
    return normal
  }
}
