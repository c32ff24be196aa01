import Sampling
import Testing

@Suite struct FlowMatchScheduleTests {
  /// Values of the original implementation, to eight decimals.
  @Test(arguments: [
    (4096, 50, 2.02335116), (4096, 4, 2.29117989), (1024, 4, 2.03068971), (256, 4, 1.96556716),
  ])
  func muHasTheOriginalValues(tokens: Int, steps: Int, mu: Double) {
    #expect(abs(FlowMatchSchedule.empiricalMu(tokenCount: tokens, steps: steps) - mu) <= 5.1e-9)
  }

  @Test func muLeavesTheStepsAloneAbove4300Tokens() {
    #expect(
      FlowMatchSchedule.empiricalMu(tokenCount: 4301, steps: 4)
        == FlowMatchSchedule.empiricalMu(tokenCount: 4301, steps: 200))
    #expect(
      FlowMatchSchedule.empiricalMu(tokenCount: 4300, steps: 4)
        != FlowMatchSchedule.empiricalMu(tokenCount: 4300, steps: 50))
  }

  /// Values of the original implementation, to six decimals.
  @Test(
    arguments: [
      (4096, [1, 0.967384, 0.908144, 0.767200, 0]), (1024, [1, 0.958085, 0.883982, 0.717497, 0]),
    ] as [(Int, [Float])])
  func fourStepsHaveTheOriginalLevels(tokens: Int, levels: [Float]) throws {
    let schedule = try FlowMatchSchedule(steps: 4, tokenCount: tokens)
    #expect(schedule.stepCount == 4)
    #expect(schedule.sigmas.count == levels.count)
    #expect(zip(schedule.sigmas, levels).allSatisfy { abs($0 - $1) <= 5.6e-7 })
  }

  @Test func ownListOfTheDefaultLevelsIsTheDefault() throws {
    #expect(
      try FlowMatchSchedule(unshifted: [1, 0.75, 0.5, 0.25], tokenCount: 64)
        == FlowMatchSchedule(steps: 4, tokenCount: 64))
  }

  /// µ comes from the number of levels in the list: as many steps, the same shift.
  @Test func everyLevelOfAListIsShiftedAlone() throws {
    let mu = FlowMatchSchedule.empiricalMu(tokenCount: 64, steps: 3)
    let levels = [0.9, 0.3, 0.01]
    let schedule = try FlowMatchSchedule(unshifted: levels, tokenCount: 64)
    #expect(schedule.sigmas == levels.map { Float(FlowMatchSchedule.shift($0, mu: mu)) } + [0])
  }

  @Test func levelsFallForEveryNumberOfSteps() throws {
    for steps in 1...200 {
      let sigmas = try FlowMatchSchedule(steps: steps, tokenCount: 64).sigmas
      #expect(sigmas.first == 1 && sigmas.last == 0 && sigmas.count == steps + 1)
      #expect(zip(sigmas, sigmas.dropFirst()).allSatisfy { $0 > $1 }, "\(steps) steps")
    }
  }

  @Test(
    arguments: [
      ([], "schedule: sigmas: expected at least one level, found none"),
      ([1.5], "schedule: sigma 0: expected a level in (0, 1], found 1.5"),
      ([1, 0.5, 0.5], "schedule: sigma 2: expected a level above 0 and below 0.5, found 0.5"),
      ([1, 0], "schedule: sigma 1: expected a level above 0 and below 1.0, found 0.0"),
      ([.nan], "schedule: sigma 0: expected a level in (0, 1], found nan"),
    ] as [([Double], String)])
  func unusableLevelsAreNamed(levels: [Double], message: String) {
    let failure = #expect(throws: SamplingFailure.self) {
      try FlowMatchSchedule(unshifted: levels, tokenCount: 64)
    }
    #expect(failure?.description == message)
  }

  @Test func recordedLevelsAreTakenAsTheyAre() throws {
    #expect(try FlowMatchSchedule(sigmas: [1, 0.9, 0.2, 0]).sigmas == [1, 0.9, 0.2, 0])
    for sigmas in [[], [0], [0.5, 0.7, 0], [1, 0, 0], [2, 0], [.nan, 0], [0.5, -1]] as [[Float]] {
      #expect(throws: SamplingFailure.self) { try FlowMatchSchedule(sigmas: sigmas) }
    }
    let failure = #expect(throws: SamplingFailure.self) {
      try FlowMatchSchedule(sigmas: [1, 0.5, 0.6])
    }
    #expect(
      failure?.description == "schedule: sigma 2: expected falling levels from 1 to 0, found 0.6")
  }

  @Test func noStepsAndNoTokensAreRefused() {
    #expect(throws: SamplingFailure.self) { try FlowMatchSchedule(steps: 0, tokenCount: 64) }
    #expect(throws: SamplingFailure.self) { try FlowMatchSchedule(steps: 4, tokenCount: 0) }
  }
}
