internal import Goldens
internal import Parallel
internal import Storage

/// Takes one candidate after the other through the same goldens.
struct VerificationRun {
  let set: GoldenSet
  let goldens: [Golden]
  let reference: Candidate
  let options: VerificationOptions
  /// Where pictures go; nil when none are made.
  let gallery: PictureGallery?
  let threads: Int
  let monitor: WorkMonitor

  /// The runs of one candidate, and what its modules add where that is wanted; the reference is not
  /// compared with itself.
  func measure(
    _ candidate: Candidate, isReference: Bool
  ) throws -> (goldens: [GoldenFidelity], blocks: [BlockFidelity]) {
    var attribution =
      isReference || options.attributionPlaces.isEmpty
      ? nil : Attribution(of: candidate, against: reference, places: options.attributionPlaces)
    let measured = try withVelocityFile(of: candidate) { predicted in
      try groups.flatMap { group in
        let runs = try group.map { try set.load($0) }
        let measured = try measureGoldens(
          runs, with: candidate, predicted: predicted,
          finished: { run, latents in
            try gallery?.add(
              latents, of: run, by: candidate, isReference: isReference, threads: threads,
              monitor: monitor)
          }, threads: threads, monitor: monitor)
        try attribution?.add(runs, threads: threads, monitor: monitor)
        return measured
      }
    }
    return (measured, attribution?.blocks ?? [])
  }

  /// Every tensor of a candidate against the reference's.
  func tensors(of candidate: Candidate) throws -> [TensorFidelity] {
    try measureWeights(of: candidate, against: reference, threads: threads, monitor: monitor)
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
