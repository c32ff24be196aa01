internal import Goldens
internal import MMDiT
internal import Parallel

/// What one module of a candidate adds to the error by itself (`Transformer.moduleErrors`).
public struct BlockFidelity: Hashable, Sendable {
  /// Its name in the diffusers layout.
  public let name: String
  /// For each place in a run that was measured: the mean over the goldens.
  public let errors: [PlacedError]

  package init(name: String, errors: [PlacedError]) {
    self.name = name
    self.errors = errors
  }
}

/// An error at one place of a run.
public struct PlacedError: Hashable, Sendable {
  /// 0 is the first step, 1 the last; each run has its nearest step there.
  public let progress: Double
  public let relativeError: Double

  package init(progress: Double, relativeError: Double) {
    self.progress = progress
    self.relativeError = relativeError
  }
}

/// Gathers what the modules of a candidate add, over runs that are not in memory together.
struct Attribution {
  /// Where in each run it is measured, from 0 to 1.
  let places: [Double]
  private let reference: Candidate
  private let candidate: Candidate
  private var names: [String] = []
  /// For each place, the sum of each module's errors.
  private var sums: [[Double]]
  private var runCount = 0

  init(of candidate: Candidate, against reference: Candidate, places: [Double]) {
    self.candidate = candidate
    self.reference = reference
    self.places = places
    sums = places.map { _ in [] }
  }

  /// Takes more runs: the prediction for the prompt at the golden latents of each place.
  ///
  /// As many of them as `activationByteCount` allows pass the networks together.
  mutating func add(
    _ runs: [GoldenRun], activationByteCount: Int = 1 << 30,
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws {
    let expected = try reference.transformer()
    let found = try candidate.transformer()
    let inputs = places.indices.flatMap { place in runs.indices.map { (place: place, run: $0) } }
    let batches = grouped(
      inputs, limit: activationByteCount / expected.activationByteCountPerToken
    ) { runs[$0.run].tokenCount }
    let tokens = inputs.reduce(0) { $0 + runs[$1.run].tokenCount }
    monitor.begin("blocks of \(candidate.name)", total: tokens, unit: .tokens)
    for batch in batches {
      let modules = try expected.moduleErrors(
        of: found,
        for: batch.map { input in
          let run = runs[input.run]
          let step = (places[input.place] * Double(run.golden.steps - 1)).rounded()
          return run.input(
            Prediction(run: input.run, step: Int(step), isNegative: false), expected.configuration)
        }, threads: threads,
        monitor: monitor.portion(
          of: batch.reduce(0) { $0 + runs[$1.run].tokenCount }, stepCount: expected.blockCount))
      if names.isEmpty {
        names = modules.map(\.name)
        sums = places.map { _ in names.map { _ in 0 } }
      }
      for (module, errors) in modules.enumerated() {
        for (input, error) in zip(batch, errors.relativeErrors) {
          sums[input.place][module] += error
        }
      }
    }
    runCount += runs.count
  }

  /// The means so far, in the order of execution.
  var blocks: [BlockFidelity] {
    names.enumerated().map { module, name in
      BlockFidelity(
        name: name,
        errors: zip(places, sums).map { place, sums in
          PlacedError(progress: place, relativeError: sums[module] / Double(runCount))
        })
    }
  }
}
