import Families
import Tensors
import Testing
import TextEncoders

@Suite struct EncoderReadingTests {
  let weights: RecordingWeights
  let canonical: CanonicalWeights
  private let prompts = [
    TextInput(identifiers: [7, 3, 7, 90]), TextInput(identifiers: [3, 3]),
    TextInput(identifiers: [127], mask: [false]),
  ]

  init() throws {
    canonical = try encoderWeights("\(EncoderCases.goldens)/mistral3")
    weights = RecordingWeights(canonical)
  }

  private func encoder(bufferByteCount: Int = 64 << 20) throws -> TextEncoder {
    try TextEncoder(
      configuration: canonical.configuration, weights: weights,
      weightBufferByteCount: bufferByteCount)
  }

  @Test func layersAfterTheLastWantedOneAreNeverDecoded() throws {
    _ = try encoder().hiddenStates(prompts, layers: [1, 2])
    let names = Set(weights.readings.map(\.name))
    #expect(names.contains("language_model.model.layers.1.mlp.down_proj.weight"))
    #expect(!names.contains { $0.contains("layers.2.") || $0.contains("layers.3.") })
    #expect(!names.contains("language_model.model.norm.weight"))
  }

  @Test func embeddingAloneReadsNoLayer() throws {
    _ = try encoder().hiddenStates(prompts, layers: [0])
    #expect(Set(weights.readings.map(\.name)) == [table])
  }

  @Test func rowsOfTheTableAreLookedUpOnceAndOnlyThoseOfThePrompts() throws {
    _ = try encoder().hiddenStates(prompts, layers: [4])
    let rows = weights.readings.filter { $0.name == table }.map(\.rows)
    #expect(rows.allSatisfy { $0.count == 1 })
    #expect(rows.map(\.lowerBound).sorted() == [3, 7, 90, 127])
  }

  @Test(arguments: [1, 5000, 1 << 20])
  func everyWeightIsDecodedOnceForAllPrompts(byteCount: Int) throws {
    _ = try encoder(bufferByteCount: byteCount).hiddenStates(prompts, layers: [2, 4])
    for weight in weights.weights where weight.name != table {
      let rows = weights.readings.filter { $0.name == weight.name }.flatMap(\.rows)
      #expect(rows.sorted() == Array(0..<weight.shape.rows), "\(weight.name)")
    }
  }

  /// Matrices are decoded into one buffer: all addresses ever written lie within its size, so no
  /// more than one block of weights is ever alive.
  @Test(arguments: [256, 5000, 1 << 20])
  func decodedMatricesNeverTakeMoreThanTheBuffer(byteCount: Int) throws {
    _ = try encoder(bufferByteCount: byteCount).hiddenStates(prompts, layers: [4])
    let matrices = Set(
      weights.weights.filter { $0.shape.extents.count == 2 && $0.name != table }.map(\.name))
    let written = weights.readings.filter { matrices.contains($0.name) }.map(\.addresses)
    let first = try #require(written.map(\.lowerBound).min())
    let last = try #require(written.map(\.upperBound).max())
    // The longest row has 64 inputs: 256 bytes.
    #expect(last - first <= UInt(byteCount))
    // And not because nothing was streamed: one matrix alone is larger than the small buffers.
    let largest = canonical.weights.filter { matrices.contains($0.name) }.map(\.shape.count).max()
    #expect(try #require(largest) * 4 > byteCount || byteCount == 1 << 20)
  }

  /// Blocks are asked for one after the other: all rows of a block, then the next.
  @Test func blocksAreAskedForInOrder() throws {
    _ = try encoder(bufferByteCount: 5000).hiddenStates(prompts, layers: [4], threads: 1)
    var finished: Set<String> = []
    var current: (name: String, rows: Int)?
    for reading in weights.readings where reading.name != table {
      if let (name, rows) = current, name == reading.name {
        #expect(reading.rows.lowerBound == rows, "\(name)")
      } else {
        #expect(finished.insert(reading.name).inserted, "\(reading.name)")
        #expect(reading.rows.lowerBound == 0, "\(reading.name)")
      }
      current = (reading.name, reading.rows.upperBound)
    }
  }

  private var table: String { "language_model.model.embed_tokens.weight" }
}
