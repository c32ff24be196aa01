internal import Operations
public import Parallel
internal import Tensors

/// The error that one module adds by itself, when it gets what the reference's module got.
public struct ModuleError: Hashable, Sendable {
  /// Its name in the diffusers layout, `transformer_blocks.0`.
  public let name: String
  /// ‖y − y*‖ / ‖y*‖ of its output y against the reference's y*, for each input of the batch.
  ///
  /// The output of a block is the residual stream of text and image tokens behind it. Both streams
  /// in front of it are the same, so the difference is that of the block's contribution Δ:
  /// ‖Δ − Δ*‖ / ‖x*‖.
  public let relativeErrors: [Double]
}

extension Transformer {
  /// Which modules of a candidate add how much error: teacher-forced attribution.
  ///
  /// The reference walks the inputs through the network. Each of the candidate's modules gets what
  /// the reference's got, the stream and the modulation, so its error is its own and not that of
  /// the modules in front of it. To first order in the errors, the differences that the modules
  /// cause in a run of the candidate add up; attribution says nothing of how later blocks amplify
  /// them.
  ///
  /// In the order of execution: `time_guidance_embed`, `double_stream_modulation_img`,
  /// `double_stream_modulation_txt`, `single_stream_modulation`, `norm_out` (its modulation),
  /// `x_embedder`, `context_embedder`, every block, `proj_out` (the prediction, from the
  /// reference's last stream and modulation). Modules with the same weights, decoded in the same
  /// blocks of rows and multiplied in the same arithmetic, have an error of exactly 0; a module
  /// whose output is not finite has NaN.
  ///
  /// Costs two passes, and N · D float32 values and a second weight buffer more memory than one
  /// (`velocities`). The candidate has the configuration of the reference; another one is a broken
  /// contract and traps. Throws as `velocities` does.
  public func moduleErrors(
    of candidate: Transformer, for inputs: [TransformerInput],
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> [ModuleError] {
    precondition(candidate.configuration == configuration, "both are the same network")
    guard !inputs.isEmpty else { return [] }
    monitor.begin("attribution", total: blockCount, unit: .steps)
    var walk = AttributionWalk(
      reference: try pass(inputs, threads: threads, monitor: monitor),
      candidate: try candidate.pass(inputs, threads: threads, monitor: monitor))
    return try walk.run(inputs)
  }
}

/// Two passes side by side, of which the second is put back to where the first is before each module.
private struct AttributionWalk {
  var reference: ForwardPass
  var candidate: ForwardPass
  var errors: [ModuleError] = []

  init(reference: ForwardPass, candidate: ForwardPass) {
    self.reference = reference
    self.candidate = candidate
  }

  mutating func run(_ batch: [TransformerInput]) throws -> [ModuleError] {
    let conditioning = try reference.conditioning(batch)
    note("time_guidance_embed", conditioning, try candidate.conditioning(batch))
    let modulations = try reference.modulations(by: conditioning)
    let found = try candidate.modulations(by: conditioning)
    note("double_stream_modulation_img", modulations.image, found.image)
    note("double_stream_modulation_txt", modulations.text, found.text)
    note("single_stream_modulation", modulations.single, found.single)
    note("norm_out", modulations.final, found.final)

    try reference.embedTokens(batch)
    try candidate.embedTokens(batch)
    noteStreams("x_embedder") { [$0.image] }
    noteStreams("context_embedder") { [$0.text] }
    for block in reference.configuration.blocks {
      candidate.stream = reference.stream
      try reference.apply(block, modulations)
      try candidate.apply(block, modulations)
      noteStreams(block.name) { [$0.text, $0.image] }
      reference.monitor.advance(by: 1)
    }
    candidate.stream = reference.stream
    let velocities = try reference.predict(modulations)
    let foundVelocities = try candidate.predict(modulations)
    errors.append(
      ModuleError(
        name: "proj_out",
        relativeErrors: zip(velocities, foundVelocities).map { expected, found in
          var metrics = ErrorMetrics()
          metrics.add(reference: expected.span, candidate: found.span)
          return metrics.relativeError
        }))
    return errors
  }

  /// Compares matrices with one row for each input.
  private mutating func note(_ name: String, _ expected: Matrix, _ found: Matrix) {
    errors.append(
      ModuleError(
        name: name,
        relativeErrors: (0..<expected.rows).map { row in
          Self.relativeError(of: found, from: expected, rows: [row..<row + 1])
        }))
  }

  /// Compares some rows of each input's stream.
  private mutating func noteStreams(
    _ name: String, rows: (StackedTokens.Rows) -> [Range<Int>]
  ) {
    errors.append(
      ModuleError(
        name: name,
        relativeErrors: reference.stacked.inputs.map { input in
          Self.relativeError(
            of: candidate.stream, from: reference.stream, rows: rows(input))
        }))
  }

  private static func relativeError(
    of found: Matrix, from expected: Matrix, rows: [Range<Int>]
  ) -> Double {
    var metrics = ErrorMetrics()
    let columns = expected.columns
    for range in rows {
      let values = range.lowerBound * columns..<range.upperBound * columns
      metrics.add(
        reference: expected.values.span.extracting(values),
        candidate: found.values.span.extracting(values))
    }
    return metrics.relativeError
  }
}
