internal import Families
public import Parallel
public import Recipes
internal import Storage

/// A golden that was not run, and why.
public struct SkippedGolden: Hashable, Sendable {
  public let id: String
  public let reason: String

  package init(id: String, reason: String) {
    self.id = id
    self.reason = reason
  }
}

/// The outcome of a verification: the reference first, then every candidate.
public struct Verification: Sendable {
  public let goldenSet: GoldenSet
  public let candidates: [CandidateFidelity]
  public let skipped: [SkippedGolden]

  package init(
    goldenSet: GoldenSet, candidates: [CandidateFidelity], skipped: [SkippedGolden]
  ) {
    self.goldenSet = goldenSet
    self.candidates = candidates
    self.skipped = skipped
  }

  /// Whether the reference reproduces the goldens and every candidate keeps its limits.
  public var passes: Bool { candidates.allSatisfy(\.passes) }
}

/// Measures a reference and its candidates on a golden set.
///
/// The reference is held to `Thresholds.reference`: when it fails, the goldens belong to another
/// model or this program is wrong, and no candidate's figure means anything. A candidate is held to
/// `thresholds` if given, else to those of the recipe it carries, else to
/// `Thresholds.withoutRecipe`. Runs are loaded a few at a time, `loadedByteCount` bytes or one run.
/// With `only`, other goldens are left out, and an id that the set
/// does not have is an error. With `velocities`, the predictions at golden latents are written to a
/// file for each candidate in that folder, which is made (`VelocityFile`).
public func verify(
  _ set: GoldenSet, reference: Candidate, candidates: [Candidate], thresholds: Thresholds? = nil,
  only ids: [String] = [], velocities folder: String? = nil, loadedByteCount: Int = 1 << 30,
  threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> Verification {
  for candidate in candidates
  where candidate.weights.configuration != reference.weights.configuration {
    throw FidelityFailure.otherArchitecture(candidate: candidate.path, reference: reference.path)
  }
  let known = set.goldens.map(\.id)
  for id in ids where !known.contains(id) {
    throw FidelityFailure.unknownGolden(path: set.path, id: id, known: known)
  }
  let wanted = set.goldens.filter { ids.isEmpty || ids.contains($0.id) }
  let measurable = wanted.filter(\.loras.isEmpty)
  guard !measurable.isEmpty else { throw FidelityFailure.nothingToMeasure(path: set.path) }
  // A set of many large runs does not fit the memory at once.
  let groups = grouped(measurable, limit: loadedByteCount) { set.loadedByteCount(of: $0) }
  if let folder { try FileSystem.makeFolder(folder) }
  func measure(
    _ candidate: Candidate, _ thresholds: Thresholds, isReference: Bool
  ) throws -> CandidateFidelity {
    let measured =
      try folder.map { folder in
        let file = try VelocityFile.create(
          in: folder, candidate: candidate.name, goldens: measurable, of: set)
        let measured = try measure(candidate) { try file.write($2, of: $0, $1) }
        try file.commit()
        return measured
      } ?? measure(candidate) { _, _, _ in }
    return CandidateFidelity(
      candidate: candidate, thresholds: thresholds, goldens: measured,
      tensors: isReference
        ? []
        : try measureWeights(
          of: candidate, against: reference, threads: threads, monitor: monitor))
  }
  func measure(
    _ candidate: Candidate, predicted: (GoldenRun, Prediction, [Float]) throws -> Void
  ) throws -> [GoldenFidelity] {
    try groups.flatMap { group in
      try measureGoldens(
        group.map { try set.load($0) }, with: candidate, predicted: predicted, threads: threads,
        monitor: monitor)
    }
  }
  var measured = [try measure(reference, .reference, isReference: true)]
  for candidate in candidates {
    measured.append(
      try measure(
        candidate, thresholds ?? candidate.recipe?.thresholds ?? .withoutRecipe,
        isReference: false))
  }
  return Verification(
    goldenSet: set, candidates: measured,
    skipped: wanted.filter { !$0.loras.isEmpty }.map { golden in
      SkippedGolden(
        id: golden.id,
        reason: "made with LoRAs, which are not supported yet: "
          + golden.loras.joined(separator: ", "))
    })
}
