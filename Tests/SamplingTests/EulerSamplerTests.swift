import MMDiT
import Parallel
import Sampling
import Synchronization
import Testing

@Suite struct EulerSamplerTests {
  let weights = ConstantWeights()

  private func sampler() throws -> EulerSampler {
    EulerSampler(try Transformer(configuration: ConstantWeights.configuration, weights: weights))
  }

  private func run(
    steps: Int, guidance: Float = 1, negative: [Float]? = nil,
    grid: TokenGrid = .init(
      height: 2, width: 2)
  ) throws -> SamplingRun {
    let count = grid.height * grid.width
    return SamplingRun(
      noise: (0..<count * 2).map { Float($0 % 5) - 2 }, grid: grid, text: [1, -1, 0.5, 2],
      negativeText: negative, guidance: guidance,
      schedule: try FlowMatchSchedule(steps: steps, tokenCount: count))
  }

  @Test func latentsFollowTheVelocities() throws {
    let run = try run(steps: 3)
    var expected = run.noise
    var stepCount = 0
    let end = try sampler().sample([run]) { step in
      let difference = run.schedule.sigmas[step.step + 1] - run.schedule.sigmas[step.step]
      for index in expected.indices { expected[index] += difference * step.velocity[index] }
      #expect(step.run == 0 && step.step == stepCount)
      #expect(step.negativeVelocity == nil)
      #expect(step.latents == expected)
      stepCount += 1
    }
    #expect(end == [expected])
    #expect(end[0] != run.noise)
    #expect(stepCount == 3)
  }

  @Test func guidanceLeavesTheNegativeVelocity() throws {
    let run = try run(steps: 1, guidance: 3.5, negative: [0, 0, 1, 0, 1, 1, 1, 2])
    let end = try sampler().sample([run]) { step in
      let negative = try #require(step.negativeVelocity)
      #expect(negative != step.velocity)
      for index in negative.indices {
        let velocity = negative[index] + 3.5 * (step.velocity[index] - negative[index])
        #expect(step.latents[index] == run.noise[index] - velocity)
      }
    }
    #expect(end.count == 1)
  }

  @Test func guidanceOfOneMakesNoSecondPass() throws {
    let run = try run(steps: 1, guidance: 1, negative: [0, 0, 1, 0])
    _ = try sampler().sample([run]) { #expect($0.negativeVelocity == nil) }
    let unguided = try self.run(steps: 1, guidance: 3.5)
    _ = try sampler().sample([unguided]) { #expect($0.negativeVelocity == nil) }
  }

  /// Each run ends where it ends alone: bit for bit, since the same rows are multiplied by the same
  /// kernels; products this small (8 columns) have one order of summation.
  @Test func runsOfDifferentLengthShareTheirPasses() throws {
    let runs = [
      try run(steps: 2), try run(steps: 5, guidance: 2, negative: [0, 0, 1, 0]),
      try run(steps: 3, grid: TokenGrid(height: 1, width: 3)),
    ]
    let alone = try runs.map { try sampler().sample([$0])[0] }
    let before = weights.passCount
    var order: [[Int]] = []
    let together = try sampler().sample(runs) { order.append([$0.step, $0.run]) }
    #expect(weights.passCount - before == 5)
    #expect(
      order == [
        [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [4, 1],
      ])
    for (first, second) in zip(together, alone) {
      #expect(zip(first, second).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    }
  }

  @Test func progressCountsEveryBlockOfOneStage() throws {
    let counted = Mutex((stages: 0, total: 0, done: 0))
    let monitor = WorkMonitor(
      onBegin: { _, total, _ in
        counted.withLock {
          $0.stages += 1
          $0.total = total
        }
      },
      onAdvance: { amount in counted.withLock { $0.done += amount } }, isCancelled: { false })
    _ = try sampler().sample([try run(steps: 4)], monitor: monitor)
    let (stages, total, done) = counted.withLock { $0 }
    #expect(stages == 1 && total == 8 && done == 8)
  }

  @Test func cancellationEndsTheSampling() throws {
    let monitor = WorkMonitor(
      onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { true })
    #expect(throws: Cancelled.self) {
      try sampler().sample([try run(steps: 4)], monitor: monitor)
    }
  }

  @Test func noRunsGiveNoLatents() throws {
    #expect(try sampler().sample([]).isEmpty)
  }
}
