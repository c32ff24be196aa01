internal import Operations

/// Where the tokens of several prompts lie in the rows of one matrix.
///
/// Each prompt begins at a multiple of the tile that linear layers multiply at a time, and rows of
/// zeros fill the last tile: a token is multiplied at the same place of a product of the same
/// shape whatever else is in the batch, so that its sums are rounded in the same way.
struct StackedPrompts: Sendable {
  /// The rows of each prompt, one for each token.
  let prompts: [Range<Int>]
  /// The flags of each prompt: false for padding.
  let masks: [[Bool]]
  /// N, the rows of all prompts with what fills their last tiles.
  let count: Int

  init(_ inputs: [TextInput]) {
    var first = 0
    var prompts: [Range<Int>] = []
    for input in inputs {
      let count = input.identifiers.count
      prompts.append(first..<first + count)
      let tile = StreamedLinear.tokenTile
      first += (count + tile - 1) / tile * tile
    }
    self.prompts = prompts
    masks = inputs.map(\.mask)
    count = first
  }

  /// The longest prompt.
  var longest: Int { prompts.map(\.count).max() ?? 0 }

  /// The prompts cut into runs of at most `size` tokens: which prompt, and the positions in it.
  func runs(of size: Int) -> [(prompt: Int, positions: Range<Int>)] {
    prompts.indices.flatMap { prompt in
      stride(from: 0, to: prompts[prompt].count, by: size).map {
        (prompt, $0..<min($0 + size, prompts[prompt].count))
      }
    }
  }
}
