internal import Families
internal import Operations
internal import Tensors

extension ForwardPass {
  /// A block over text and image tokens alike, attention and feed-forward side by side:
  ///
  ///     q, k, v, gate, up = to_qkv_mlp_proj(LN(stream) · (1 + scale) + shift)
  ///     stream += gate · to_out([attention(q, k, v), SiLU(gate) · up])
  ///
  /// Only the rows `rows` of the stream are taken through it; all of them have keys and values.
  mutating func singleBlock(_ index: Int, _ modulation: Modulation, rows: Range<Int>) throws {
    let block = "single_transformer_blocks.\(index)"
    let size = configuration.feedForwardSize
    // Attended values and gated features: [N, D + M].
    var joined = workspace.matrix(rows: stacked.count, columns: width + size)
    do {
      let projected = try singleProjection(block, modulation, rows: rows)
      let norms = HeadNorms(
        query: try weights.values(of: "\(block).attn.norm_q.weight"),
        key: try weights.values(of: "\(block).attn.norm_k.weight"))
      try attention.attend(
        projected, queries: rows, text: norms, image: norms, into: &joined, workspace: &workspace)
      try gate(
        projected, rows: rows, firstColumn: 3 * width, size: size, into: &joined,
        outputColumn: width, threads: threads)
      workspace.reuse(projected)
    }
    var output = workspace.matrix(rows: stacked.count, columns: width)
    try linear.apply(
      "\(block).attn.to_out.weight", to: joined, rows: rows, into: &output, in: arithmetic)
    workspace.reuse(joined)
    try addGated(
      output, rows: rows, owner: stacked.owner, by: modulation, to: &stream, threads: threads)
    workspace.reuse(output)
    emitJoined(block)
  }

  /// q, k, v, gate, up: `[N, 3D + 2M]`; of other rows than `rows` only k and v.
  private mutating func singleProjection(
    _ block: String, _ modulation: Modulation, rows: Range<Int>
  ) throws -> Matrix {
    let all = 0..<stacked.count
    var normal = workspace.matrix(rows: stacked.count, columns: width)
    try normalize(
      stream, rows: all, owner: stacked.owner, by: modulation, epsilon: configuration.epsilon,
      into: &normal, threads: threads)
    let columns = 3 * width + 2 * configuration.feedForwardSize
    var projected = workspace.matrix(rows: stacked.count, columns: columns)
    let parts =
      rows == all
      ? [(0..<columns, all)]
      : [(0..<width, rows), (width..<3 * width, all), (3 * width..<columns, rows)]
    for (outputs, rows) in parts {
      try linear.apply(
        "\(block).attn.to_qkv_mlp_proj.weight", outputs: outputs, to: normal, rows: rows,
        into: &projected, firstColumn: outputs.lowerBound, in: arithmetic)
    }
    workspace.reuse(normal)
    return projected
  }

  /// Traces the stream of each input in the order of its sequence, text first.
  private func emitJoined(_ name: String) {
    guard let trace else { return }
    for input in stacked.inputs {
      trace(
        name,
        Array(stream.values(ofRows: input.text)) + Array(stream.values(ofRows: input.image)))
    }
  }
}
