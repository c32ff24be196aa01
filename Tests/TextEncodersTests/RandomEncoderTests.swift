import Families
import Parallel
import TestSupport
import Testing
import TextEncoders

@Suite struct RandomEncoderTests {
  let cases: EncoderCases

  init() throws { cases = try .committed() }

  private func encoder(_ model: String) throws -> TextEncoder {
    let weights = try encoderWeights("\(cases.folder)/\(model)")
    return try TextEncoder(configuration: weights.configuration, weights: weights)
  }

  /// Tolerance: both sides round. Queries and keys of a random encoder have a variance of about
  /// 1.5² each, so that scores reach ten; with u = 2⁻²⁴, a score of K = 16 terms is off by about
  /// √16 · u · 10, and softmax makes that the relative error of a weight. It is the largest
  /// rounding of a layer; the other products sum 64 terms at most, √64 · u. Four layers have two
  /// such parts each, which add up like a random walk, and there are two independent sides:
  /// √16 · u · 10 · √8 · √2 = 1.0e-5.
  @Test func hiddenStatesEqualThoseOfTransformers() throws {
    #expect(cases.cases.count == 4)
    var promptCount = 0
    for each in cases.cases {
      let encoder = try encoder(each.model)
      let found = try encoder.hiddenStates(each.prompts, layers: each.layers)
      #expect(found.count == each.prompts.count)
      for (index, states) in found.enumerated() {
        // Of every entry of every token.
        let error = largestRelativeError(
          states, try cases.states(of: each.id, prompt: index),
          columns: encoder.configuration.width)
        print("\(each.id), prompt \(index): \(error)")
        #expect(error < 1e-5, "\(each.id), prompt \(index)")
        promptCount += 1
      }
    }
    #expect(promptCount == 16)
  }

  @Test(arguments: ["qwen3", "mistral3"])
  func threadsDoNotChangeABit(kind: String) throws {
    let encoder = try encoder(kind)
    let prompts = cases.cases.filter { $0.model == kind }.flatMap(\.prompts)
    let one = try encoder.hiddenStates(prompts, layers: [1, 4], threads: 1)
    for threads in 2...4 {
      #expect(try encoder.hiddenStates(prompts, layers: [1, 4], threads: threads) == one)
    }
  }

  @Test(arguments: ["qwen3", "mistral3"])
  func otherPromptsOfTheBatchDoNotChangeABit(kind: String) throws {
    let encoder = try encoder(kind)
    let prompts = cases.cases.filter { $0.model == kind }.flatMap(\.prompts)
    #expect(Set(prompts.map(\.identifiers.count)).count > 3)
    let together = try encoder.hiddenStates(prompts, layers: [1, 4])
    for (prompt, states) in zip(prompts, together) {
      #expect(try encoder.hiddenStates([prompt], layers: [1, 4]) == [states])
    }
    #expect(
      try encoder.hiddenStates(prompts.reversed(), layers: [1, 4]) == together.reversed())
  }

  @Test func entriesStandInTheOrderAskedForAndMayRepeat() throws {
    let encoder = try encoder("qwen3")
    let width = encoder.configuration.width
    let prompt = TextInput(identifiers: [5, 9])
    let inner = try encoder.hiddenStates([prompt], layers: [3])[0]
    let table = try encoder.hiddenStates([prompt], layers: [0])[0]
    let all = try encoder.hiddenStates([prompt], layers: [3, 0, 3])[0]
    for token in 0..<2 {
      let own = token * width..<(token + 1) * width
      let row = Array(all[3 * token * width..<3 * (token + 1) * width])
      #expect(row == Array(inner[own]) + Array(table[own]) + Array(inner[own]))
    }
  }

  /// What a pipeline takes of an inner layer must not depend on where the file was cut.
  @Test func lastEntryOfACutFileIsAnInnerEntryOfTheWhole() throws {
    let whole = try encoderWeights("\(cases.folder)/qwen3")
    let cut = SelectedWeights(whole) {
      !$0.contains("layers.2.") && !$0.contains("layers.3.") && $0 != "model.norm.weight"
    }
    let configuration = try cut.component().configuration
    let encoder = try TextEncoder(configuration: configuration, weights: cut)
    #expect(encoder.configuration.layerCount == 2)
    #expect(!encoder.configuration.hasFinalNorm)
    let prompt = TextInput(identifiers: [5, 9, 77])
    #expect(
      try encoder.hiddenStates([prompt], layers: [2])
        == self.encoder("qwen3").hiddenStates([prompt], layers: [2]))
  }

  @Test func noPromptsHaveNoStates() throws {
    #expect(try encoder("qwen3").hiddenStates([], layers: [1]) == [])
  }

  @Test func cancellationStopsBetweenBlocks() throws {
    let encoder = try encoder("mistral3")
    #expect(throws: Cancelled.self) {
      try encoder.hiddenStates(
        [TextInput(identifiers: [5])], layers: [4],
        monitor: RecordingMonitor(stoppingAfter: 3).monitor)
    }
  }
}
