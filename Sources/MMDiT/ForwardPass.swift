internal import Families
internal import Operations
internal import Parallel
internal import Tensors

/// One walk of a batch through the network.
///
/// N stacked tokens, B inputs, D width, M feed-forward width.
struct ForwardPass {
  let configuration: Flux2Configuration
  let weights: any WeightSource
  let stacked: StackedTokens
  let attention: Attention
  let threads: Int
  /// Of the products with the weights of blocks.
  let arithmetic: Arithmetic
  let monitor: WorkMonitor
  let trace: ((String, [Float]) -> Void)?
  var linear: StreamedLinear
  var workspace: Workspace
  /// The residual stream, `[N, D]`.
  var stream: Matrix

  var width: Int { configuration.width }

  init(
    _ batch: [TransformerInput], configuration: Flux2Configuration, weights: any WeightSource,
    bufferCount: Int, arithmetic: Arithmetic, threads: Int, memory: PassMemory,
    monitor: WorkMonitor, trace: ((String, [Float]) -> Void)?
  ) {
    self.configuration = configuration
    self.weights = weights
    self.threads = threads
    self.arithmetic = arithmetic
    self.monitor = monitor
    self.trace = trace
    stacked = StackedTokens(batch, configuration)
    attention = Attention(
      stacked: stacked, rotary: RotaryEmbedding(batch, stacked, configuration),
      headCount: configuration.headCount, headSize: configuration.headSize,
      epsilon: configuration.epsilon, threads: threads,
      format: arithmetic == .float32 ? .float32 : .bfloat16)
    let (width, size, tokens) = (
      configuration.width, configuration.feedForwardSize, stacked.count
    )
    // What is alive at once in a single block: q, k, v, gate and up; what they are joined to; the panels of
    // keys and values, with unused lanes, and before and behind them the rows of one layer; the stream. The
    // results of a double block fit in.
    let heads = 2 * tokens * width + Panels.columns * width + cacheLineValues
    var content =
      memory.take(tokenCount: tokens)
      ?? PassMemory.Content(
        tokenCount: tokens,
        workspace: Workspace(
          [tokens * (3 * width + 2 * size), tokens * (width + size), heads, tokens * width]),
        buffers: .init())
    // Before anyone else holds the workspace, so that nothing is copied.
    stream = content.workspace.matrix(rows: tokens, columns: width)
    workspace = content.workspace
    linear = StreamedLinear(
      weights, bufferCount: bufferCount, threads: threads, monitor: monitor,
      buffers: content.buffers)
  }

  /// What the next pass may use again; this one is over.
  consuming func memory() -> PassMemory.Content {
    workspace.reuse(stream)
    return PassMemory.Content(
      tokenCount: stacked.count, workspace: workspace, buffers: linear.buffers)
  }

  /// The velocities `[T, C]` of each input.
  mutating func run(_ batch: [TransformerInput]) throws -> [[Float]] {
    let modulations = try modulations(by: conditioning(batch))
    try embedTokens(batch)
    for block in configuration.blocks {
      // What the last block makes of text is read by nothing but a trace.
      let isRead = trace != nil || block != configuration.blocks.last
      try apply(block, modulations, rows: isRead ? 0..<stacked.count : stacked.image)
      monitor.advance(by: 1)
    }
    return try predict(modulations)
  }

  /// Takes the stream through one block, or only those of its rows that are read later, where the
  /// block can.
  mutating func apply(
    _ block: NetworkBlock, _ modulations: Modulations, rows: Range<Int>? = nil
  ) throws {
    switch block {
    case .double(let index):
      try doubleBlock(index, text: modulations.text, image: modulations.image)
    case .single(let index):
      try singleBlock(
        index, Modulation(modulations.single, part: 0, width: width),
        rows: rows ?? 0..<stacked.count)
    }
  }

  /// The embedding of noise level, and guidance where the model takes it: `[B, D]`.
  mutating func conditioning(_ batch: [TransformerInput]) throws -> Matrix {
    var vector = try perceptron(
      "time_guidance_embed.timestep_embedder", batch.map(\.sigma))
    if configuration.hasGuidance {
      let guidance = try perceptron(
        "time_guidance_embed.guidance_embedder", batch.map { $0.guidance ?? 0 })
      for index in vector.values.indices { vector.values[index] += guidance.values[index] }
    }
    emit("time_guidance_embed", vector)
    return vector
  }

  /// linear_2(SiLU(linear_1(embedding))) of one number per input: `[B, D]`.
  private mutating func perceptron(_ name: String, _ numbers: [Float]) throws -> Matrix {
    let channels = configuration.timestepChannels
    let embedding = Matrix(
      rows: numbers.count, columns: channels,
      values: numbers.flatMap { sinusoidalEmbedding(of: $0, channels: channels) })
    var hidden = Matrix(rows: numbers.count, columns: width)
    try linear.apply(
      "\(name).linear_1.weight", to: embedding, rows: 0..<numbers.count, into: &hidden)
    var output = Matrix(rows: numbers.count, columns: width)
    try linear.apply(
      "\(name).linear_2.weight", to: silu(hidden), rows: 0..<numbers.count, into: &output)
    return output
  }

  /// What the conditioning `[B, D]` does to every norm, each through SiLU and one linear layer.
  mutating func modulations(by conditioning: Matrix) throws -> Modulations {
    let vector = silu(conditioning)
    return Modulations(
      image: try modulation("double_stream_modulation_img", vector, chunks: 6),
      text: try modulation("double_stream_modulation_txt", vector, chunks: 6),
      single: try modulation("single_stream_modulation", vector, chunks: 3),
      final: try modulation("norm_out", vector, chunks: 2, traced: false))
  }

  /// A modulation layer over the conditioning: `[B, chunks · D]`.
  private mutating func modulation(
    _ name: String, _ vector: Matrix, chunks: Int, traced: Bool = true
  ) throws -> Matrix {
    var output = Matrix(rows: vector.rows, columns: chunks * width)
    try linear.apply("\(name).linear.weight", to: vector, rows: 0..<vector.rows, into: &output)
    if traced { emit(name, output) }
    return output
  }

  /// Fills the stream with the embedded text and image tokens.
  mutating func embedTokens(_ batch: [TransformerInput]) throws {
    let tokens = Matrix(
      rows: stacked.image.count, columns: configuration.inputChannels,
      values: batch.flatMap { input in input.latents + input.references.flatMap(\.tokens) })
    try linear.apply(
      "x_embedder.weight", to: tokens, rows: 0..<tokens.rows, into: &stream,
      firstRow: stacked.image.lowerBound)
    emit("x_embedder", stream, \.image)
    let text = Matrix(
      rows: stacked.text.count, columns: configuration.textSize, values: batch.flatMap(\.text))
    try linear.apply(
      "context_embedder.weight", to: text, rows: 0..<text.rows, into: &stream,
      in: arithmetic == .float32 ? .float32 : .bfloat16)
    emit("context_embedder", stream, \.text)
  }

  /// Final norm and projection of the predicted tokens.
  mutating func predict(_ modulations: Modulations) throws -> [[Float]] {
    let modulation = Modulation(finalNorm: modulations.final, width: width)
    // The target rows of all inputs, without text and references: [ΣT, D].
    let targets = Matrix(
      rows: stacked.inputs.reduce(0) { $0 + $1.target.count }, columns: width,
      values: stacked.inputs.flatMap { stream.values(ofRows: $0.target) })
    let owner = stacked.inputs.enumerated().flatMap { index, rows in
      [Int](repeating: index, count: rows.target.count)
    }
    var normal = Matrix(rows: targets.rows, columns: width)
    try normalize(
      targets, rows: 0..<targets.rows, owner: owner, by: modulation,
      epsilon: configuration.epsilon, into: &normal, threads: threads)
    var velocity = Matrix(rows: targets.rows, columns: configuration.outputChannels)
    try linear.apply("proj_out.weight", to: normal, rows: 0..<targets.rows, into: &velocity)

    var first = 0
    var velocities: [[Float]] = []
    for rows in stacked.inputs {
      let range = first..<first + rows.target.count
      trace?("norm_out", Array(normal.values(ofRows: range)))
      velocities.append(Array(velocity.values(ofRows: range)))
      first = range.upperBound
    }
    for velocity in velocities { trace?("proj_out", velocity) }
    return velocities
  }

  /// Traces a matrix with one row per input.
  private func emit(_ name: String, _ matrix: Matrix) {
    guard let trace else { return }
    for row in 0..<matrix.rows { trace(name, Array(matrix.values(ofRows: row..<row + 1))) }
  }

  /// Traces some rows of each input.
  func emit(_ name: String, _ matrix: Matrix, _ rows: KeyPath<StackedTokens.Rows, Range<Int>>) {
    guard let trace else { return }
    for input in stacked.inputs {
      trace(name, Array(matrix.values(ofRows: input[keyPath: rows])))
    }
  }
}
