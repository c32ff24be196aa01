internal import Goldens
internal import Parallel
internal import Recipes
internal import Storage

/// Takes one candidate after the other through the same goldens.
struct VerificationRun {
  let set: GoldenSet
  let goldens: [Golden]
  let reference: Candidate
  let options: VerificationOptions
  let threads: Int
  let monitor: WorkMonitor

  /// Everything about one candidate; the reference is not compared with itself.
  func measure(
    _ candidate: Candidate, _ thresholds: Thresholds, isReference: Bool
  ) throws -> CandidateFidelity {
    var attribution =
      isReference || options.attributionPlaces.isEmpty
      ? nil : Attribution(of: candidate, against: reference, places: options.attributionPlaces)
    let measured = try withVelocityFile(of: candidate) { predicted in
      try groups.flatMap { group in
        let runs = try group.map { try set.load($0) }
        let measured = try measureGoldens(
          runs, with: candidate, predicted: predicted, threads: threads, monitor: monitor)
        try attribution?.add(runs, threads: threads, monitor: monitor)
        return measured
      }
    }
    return CandidateFidelity(
      candidate: candidate, thresholds: thresholds, goldens: measured,
      tensors: isReference
        ? []
        : try measureWeights(
          of: candidate, against: reference, threads: threads, monitor: monitor),
      blocks: attribution?.blocks ?? [])
  }

  /// The goldens in groups that are loaded together: a set of many large runs does not fit the
  /// memory at once.
  private var groups: [[Golden]] {
    grouped(goldens, limit: options.loadedByteCount) { set.loadedByteCount(of: $0) }
  }

  /// Calls `body` with what keeps a candidate's predictions, where they are wanted.
  private func withVelocityFile(
    of candidate: Candidate,
    _ body: ((GoldenRun, Prediction, [Float]) throws -> Void) throws -> [GoldenFidelity]
  ) throws -> [GoldenFidelity] {
    guard let folder = options.velocitiesFolder else { return try body { _, _, _ in } }
    try FileSystem.makeFolder(folder)
    let file = try VelocityFile.create(
      in: folder, candidate: candidate.name, goldens: goldens, of: set)
    let measured = try body { try file.write($2, of: $0, $1) }
    try file.commit()
    return measured
  }
}
