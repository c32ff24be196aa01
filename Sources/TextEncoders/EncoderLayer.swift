internal import Families
internal import Operations
internal import Parallel
internal import Tensors

extension EncoderPass {
  /// One layer of the stack:
  ///
  ///     q, k, v = projections of RMS(stream), q and k normed by head where the model does, rotated
  ///     stream += o_proj(attention(q, k, v))
  ///     stream += down_proj(SiLU(gate_proj(x)) · up_proj(x)), x = RMS(stream)
  mutating func layer(_ name: String) throws {
    try attend(name)
    try feedForward(name)
  }

  private mutating func attend(_ name: String) throws {
    var attended = Matrix(rows: stacked.count, columns: configuration.querySize)
    do {
      let projected = try projection(name)
      try attention.attend(projected, into: &attended)
    }
    try add("\(name).self_attn.o_proj.weight", of: attended)
  }

  /// Queries, keys and values of all tokens, with norms and positions: `[N, (H + 2G) · K]`.
  private mutating func projection(_ name: String) throws -> Matrix {
    let normal = try normalized("\(name).input_layernorm.weight")
    let (querySize, keyValueSize) = (configuration.querySize, configuration.keyValueSize)
    var projected = Matrix(rows: stacked.count, columns: querySize + 2 * keyValueSize)
    let parts = [("q_proj", 0), ("k_proj", querySize), ("v_proj", querySize + keyValueSize)]
    for (part, column) in parts {
      try linear.apply(
        "\(name).self_attn.\(part).weight", to: normal, rows: 0..<stacked.count,
        into: &projected, firstColumn: column)
    }
    try place(&projected, name)
    return projected
  }

  /// Norms and rotates queries and keys, in place.
  private func place(_ projected: inout Matrix, _ name: String) throws {
    var norms: (query: [Float], key: [Float])?
    if configuration.hasHeadNorms {
      norms = (
        try weights.values(of: "\(name).self_attn.q_norm.weight"),
        try weights.values(of: "\(name).self_attn.k_norm.weight")
      )
    }
    let (configuration, columns, norm) = (configuration, projected.columns, norms)
    let (headCount, headSize) = (configuration.headCount, configuration.headSize)
    let runs = stacked.runs(of: Self.rowChunk)
    var span = projected.values.mutableSpan
    try DisjointRows.lend(&span, columns: columns) { rows in
      try forEachChunk(of: runs.count, chunk: 1, threads: threads) { range in
        for (prompt, positions) in runs[range] {
          let first = stacked.prompts[prompt].lowerBound
          rows.withRows(first + positions.lowerBound..<first + positions.upperBound) { output in
            for (row, position) in positions.enumerated() {
              for head in 0..<headCount + configuration.keyValueHeadCount {
                let offset = row * columns + head * headSize
                if let scale = head < headCount ? norm?.query : norm?.key {
                  normalizeRootMeanSquare(
                    &output, at: offset, scale: scale, epsilon: configuration.epsilon)
                }
                rotation.rotate(&output, at: offset, position: position)
              }
            }
          }
        }
      }
    }
  }

  private mutating func feedForward(_ name: String) throws {
    let size = configuration.feedForwardSize
    var gated = Matrix(rows: stacked.count, columns: size)
    do {
      let normal = try normalized("\(name).post_attention_layernorm.weight")
      var pair = Matrix(rows: stacked.count, columns: 2 * size)
      for (part, column) in [("gate_proj", 0), ("up_proj", size)] {
        try linear.apply(
          "\(name).mlp.\(part).weight", to: normal, rows: 0..<stacked.count, into: &pair,
          firstColumn: column)
      }
      try gate(pair, firstColumn: 0, size: size, into: &gated, outputColumn: 0, threads: threads)
    }
    try add("\(name).mlp.down_proj.weight", of: gated)
  }

  /// stream += the linear layer of that name, of `x`.
  private mutating func add(_ name: String, of x: Matrix) throws {
    var output = Matrix(rows: stacked.count, columns: configuration.width)
    try linear.apply(name, to: x, rows: 0..<stacked.count, into: &output)
    for index in output.values.indices { stream.values[index] += output.values[index] }
  }
}
