/// Where the tokens of several prompts lie in the rows of one matrix: one prompt after the other.
struct StackedPrompts: Sendable {
  /// The rows of each prompt, one for each token.
  let prompts: [Range<Int>]
  /// The flags of each prompt: false for padding.
  let masks: [[Bool]]
  /// N, the rows of all prompts.
  let count: Int

  init(_ inputs: [TextInput]) {
    var first = 0
    var prompts: [Range<Int>] = []
    for input in inputs {
      let count = input.identifiers.count
      prompts.append(first..<first + count)
      first += count
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
