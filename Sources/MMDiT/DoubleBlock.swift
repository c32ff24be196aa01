internal import Families
internal import Operations
internal import Tensors

extension ForwardPass {
  /// A block with separate weights for the text and the image stream, joined in attention:
  ///
  ///     stream += gate₁ · out(attention(LN(stream) · (1 + scale₁) + shift₁))
  ///     stream += gate₂ · ff(LN(stream) · (1 + scale₂) + shift₂)
  ///
  /// `text` and `image` are `[B, 6D]`.
  mutating func doubleBlock(_ index: Int, text: Matrix, image: Matrix) throws {
    let block = "transformer_blocks.\(index)"
    try doubleAttention(
      "\(block).attn", text: Modulation(text, part: 0, width: width),
      image: Modulation(image, part: 0, width: width))
    try doubleFeedForward(
      block, text: Modulation(text, part: 1, width: width),
      image: Modulation(image, part: 1, width: width))
    emit("\(block).text", stream, \.text)
    emit("\(block).image", stream, \.image)
  }

  private mutating func doubleAttention(
    _ name: String, text: Modulation, image: Modulation
  ) throws {
    let (textRows, imageRows) = (stacked.text, stacked.image)
    // q, k, v side by side: [N, 3D].
    var projected = workspace.matrix(rows: stacked.count, columns: 3 * width)
    do {
      let normal = try normalizedStream(text: text, image: image)
      for (part, layer) in ["add_q_proj", "add_k_proj", "add_v_proj"].enumerated() {
        try linear.apply(
          "\(name).\(layer).weight", to: normal, rows: textRows, into: &projected,
          firstColumn: part * width, in: arithmetic)
      }
      for (part, layer) in ["to_q", "to_k", "to_v"].enumerated() {
        try linear.apply(
          "\(name).\(layer).weight", to: normal, rows: imageRows, into: &projected,
          firstColumn: part * width, in: arithmetic)
      }
      workspace.reuse(normal)
    }
    var attended = workspace.matrix(rows: stacked.count, columns: width)
    try attention.attend(
      projected, queries: 0..<stacked.count,
      text: HeadNorms(
        query: try weights.values(of: "\(name).norm_added_q.weight"),
        key: try weights.values(of: "\(name).norm_added_k.weight")),
      image: HeadNorms(
        query: try weights.values(of: "\(name).norm_q.weight"),
        key: try weights.values(of: "\(name).norm_k.weight")),
      into: &attended, workspace: &workspace)
    workspace.reuse(consume projected)
    var output = workspace.matrix(rows: stacked.count, columns: width)
    try linear.apply(
      "\(name).to_add_out.weight", to: attended, rows: textRows, into: &output, in: arithmetic)
    try linear.apply(
      "\(name).to_out.0.weight", to: attended, rows: imageRows, into: &output, in: arithmetic)
    workspace.reuse(attended)
    try addGatedToStream(output, text: text, image: image)
    workspace.reuse(output)
  }

  private mutating func doubleFeedForward(
    _ block: String, text: Modulation, image: Modulation
  ) throws {
    let (textRows, imageRows, size) = (stacked.text, stacked.image, configuration.feedForwardSize)
    // gate and up side by side: [N, 2M].
    var hidden = workspace.matrix(rows: stacked.count, columns: 2 * size)
    do {
      let normal = try normalizedStream(text: text, image: image)
      try linear.apply(
        "\(block).ff_context.linear_in.weight", to: normal, rows: textRows, into: &hidden,
        in: arithmetic)
      try linear.apply(
        "\(block).ff.linear_in.weight", to: normal, rows: imageRows, into: &hidden, in: arithmetic)
      workspace.reuse(normal)
    }
    var gated = workspace.matrix(rows: stacked.count, columns: size)
    try gate(
      hidden, firstColumn: 0, size: size, into: &gated, outputColumn: 0, threads: threads)
    workspace.reuse(consume hidden)
    var output = workspace.matrix(rows: stacked.count, columns: width)
    try linear.apply(
      "\(block).ff_context.linear_out.weight", to: gated, rows: textRows, into: &output,
      in: arithmetic)
    try linear.apply(
      "\(block).ff.linear_out.weight", to: gated, rows: imageRows, into: &output, in: arithmetic)
    workspace.reuse(gated)
    try addGatedToStream(output, text: text, image: image)
    workspace.reuse(output)
  }

  /// LN(stream) · (1 + scale) + shift, each stream with its own modulation: `[N, D]`.
  private mutating func normalizedStream(text: Modulation, image: Modulation) throws -> Matrix {
    var normal = workspace.matrix(rows: stacked.count, columns: width)
    for (rows, modulation) in [(stacked.text, text), (stacked.image, image)] {
      try normalize(
        stream, rows: rows, owner: stacked.owner, by: modulation, epsilon: configuration.epsilon,
        into: &normal, threads: threads)
    }
    return normal
  }

  private mutating func addGatedToStream(
    _ output: Matrix, text: Modulation, image: Modulation
  ) throws {
    for (rows, modulation) in [(stacked.text, text), (stacked.image, image)] {
      try addGated(
        output, rows: rows, owner: stacked.owner, by: modulation, to: &stream, threads: threads)
    }
  }
}
