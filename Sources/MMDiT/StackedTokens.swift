internal import Families

/// How the tokens of a batch lie in one matrix `[N, D]`: first the text of every input, then the
/// image tokens of every input (its latents, then its references).
///
/// So a layer of the text stream, of the image stream or of the joined stream each work on
/// consecutive rows, one product for the whole batch; only attention looks at inputs apart.
struct StackedTokens: Sendable {
  /// The rows of one input. Its sequence in attention is its text, then its image tokens.
  struct Rows: Sendable {
    let text: Range<Int>
    let image: Range<Int>
    /// The image rows that are predicted, without references.
    let target: Range<Int>

    /// S, the length of the sequence.
    var count: Int { text.count + image.count }
    /// The stacked rows in the order of the sequence.
    var sequence: [Int] { Array(text) + Array(image) }
  }

  /// The rows of each input.
  let inputs: [Rows]
  /// The input that each row belongs to.
  let owner: [Int]
  /// The rows of all text tokens.
  let text: Range<Int>
  /// The rows of all image tokens.
  let image: Range<Int>

  /// N, the rows of the matrix.
  var count: Int { owner.count }

  init(_ batch: [TransformerInput], _ configuration: Flux2Configuration) {
    let textCounts = batch.map { $0.text.count / configuration.textSize }
    let targetCounts = batch.map { $0.latents.count / configuration.inputChannels }
    let referenceCounts = batch.map { input in
      input.references.reduce(0) { $0 + $1.tokens.count } / configuration.inputChannels
    }
    var nextText = 0
    var nextImage = textCounts.reduce(0, +)
    text = 0..<nextImage
    var inputs: [Rows] = []
    for index in batch.indices {
      let imageCount = targetCounts[index] + referenceCounts[index]
      inputs.append(
        Rows(
          text: nextText..<nextText + textCounts[index], image: nextImage..<nextImage + imageCount,
          target: nextImage..<nextImage + targetCounts[index]))
      nextText += textCounts[index]
      nextImage += imageCount
    }
    image = text.upperBound..<nextImage
    self.inputs = inputs
    var owner = [Int](repeating: 0, count: nextImage)
    for (index, rows) in inputs.enumerated() {
      for row in rows.text { owner[row] = index }
      for row in rows.image { owner[row] = index }
    }
    self.owner = owner
  }
}
