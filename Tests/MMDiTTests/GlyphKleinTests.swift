import MMDiT
import Safetensors
import Sampling
import Tensors
import Testing

/// The core against runs that diffusers computed in float32.
///
/// Tolerance of a velocity: both sides round. With u = 2⁻²⁴, a sum of K terms is off by about
/// √K · u of its size; the longest rows have K = D + M = 1024 terms, the 14 blocks add up like a
/// random walk, and there are two independent sides: √1024 · u · √14 · √2 = 1.0e-5.
private let velocityTolerance = 1e-5

// All steps of all runs take a minute of processor time when optimized, many without: a debug build
// checks the first two steps of every run, and the whole of the shortest runs.
#if DEBUG
  private let checkedSteps = 2
  private let longestFreeRun = 4
#else
  private let checkedSteps = Int.max
  private let longestFreeRun = Int.max
#endif

@Suite struct GlyphKleinTests {
  let model: GlyphKlein
  let transformer: Transformer

  init() throws {
    model = try GlyphKlein()
    transformer = try Transformer(configuration: model.configuration, weights: model.weights)
  }

  @Test func eighteenRunsHaveNoAdapter() {
    #expect(model.goldens.count == 18)
  }

  @Test func schedulesAreTheRecordedOnes() {
    for golden in model.goldens {
      let sigmas = golden.run.schedule.sigmas
      #expect(sigmas.count == golden.sigmas.count)
      // The recorded levels went through two Float roundings more (times 1000 and back) and one in
      // the shift: far below 1e-6.
      #expect(
        zip(sigmas, golden.sigmas).allSatisfy { abs($0 - $1) <= 1e-6 * $1 }, "\(golden.id)")
    }
  }

  @Test func everyModuleEqualsTheRecordedTrace() throws {
    let golden = try #require(model.goldens.first { $0.id == "red-apple" })
    let inputs = golden.inputs(step: 0, latents: golden.run.noise)
    var trace: [(name: String, values: [Float])] = []
    _ = try transformer.velocities(for: [inputs[0]]) { trace.append(($0, $1)) }

    let prefix = "red-apple.trace."
    let recorded = model.recorded.weights.map(\.name).filter { $0.hasPrefix(prefix) }
    #expect(Set(trace.map { prefix + $0.name }) == Set(recorded))
    #expect(trace.count == recorded.count)
    var worst = 0.0
    for (name, values) in trace {
      let error = relativeError(values, try model.recorded.values(of: prefix + name))
      print("\(name): \(error)")
      worst = max(worst, error)
      #expect(error < velocityTolerance, "\(name)")
    }
  }

  @Test func velocitiesAtTheGoldenTrajectoriesEqualTheRecordedOnes() throws {
    let trajectories = model.goldens.map { $0.trajectory() }
    var worst: [String: Double] = [:]
    let stepCount = model.goldens.map(\.velocities.count).max() ?? 0
    for step in 0..<min(stepCount, checkedSteps) {
      let active = model.goldens.indices.filter { step < model.goldens[$0].velocities.count }
      let inputs = active.flatMap {
        model.goldens[$0].inputs(step: step, latents: trajectories[$0][step])
      }
      var velocities = try transformer.velocities(for: inputs).makeIterator()
      for golden in active.map({ model.goldens[$0] }) {
        for recorded in [golden.velocities, golden.negativeVelocities] where !recorded.isEmpty {
          let velocity = velocities.next()
          let error = relativeError(try #require(velocity), recorded[step])
          worst[golden.id] = max(worst[golden.id] ?? 0, error)
          #expect(error < velocityTolerance, "\(golden.id), step \(step)")
        }
      }
    }
    #expect(worst.count == 18)
    for (id, error) in worst.sorted(by: { $0.key < $1.key }) {
      print("\(id): worst velocity error \(error)")
    }
  }

  /// Guidance g weighs the two errors of a step by g and g − 1, together 6 at g = 3.5; the steps'
  /// lengths sum to 1. That is 6e-5 of a velocity's size, and the velocity's change along the
  /// deviation adds to it: below 1e-4 of the latents, which are as large as the velocities.
  @Test func freeRunsEndAtTheGoldenLatents() throws {
    let goldens = model.goldens.filter { $0.run.schedule.stepCount <= longestFreeRun }
    #expect(!goldens.isEmpty)
    let ends = try EulerSampler(transformer).sample(goldens.map(\.run))
    for (golden, latents) in zip(goldens, ends) {
      let expected = try #require(golden.trajectory().last)
      let error = relativeError(latents, expected)
      print("\(golden.id): final latents error \(error)")
      #expect(error < 1e-4, "\(golden.id)")
    }
  }
}
