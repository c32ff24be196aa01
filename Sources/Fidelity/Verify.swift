internal import Families
public import Goldens
public import Parallel
public import Recipes

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

/// What a verification measures beside the figures that limits hold.
public struct VerificationOptions: Sendable {
  /// Limits for every candidate; nil for those of the recipes they carry.
  public var thresholds: Thresholds?
  /// The goldens that are run; all when it is empty.
  public var only: [String] = []
  /// A folder for the predictions at golden latents, one file for each candidate (`VelocityFile`).
  public var velocitiesFolder: String?
  /// Where in each run the modules' own errors are measured, from 0, the first step, to 1, the
  /// last; none for no attribution.
  public var attributionPlaces: [Double] = []
  /// The memory for runs that are loaded together, in bytes; a larger run is loaded alone.
  public var loadedByteCount = 1 << 30

  /// The first step, the middle one and the last.
  public static let firstMiddleLast = [0, 0.5, 1]

  public init() {}
}

/// Measures a reference and its candidates on a golden set.
///
/// The reference is held to `Thresholds.reference`: when it fails, the goldens belong to another
/// model or this program is wrong, and no candidate's figure means anything. A candidate is held to
/// the limits of the options if given, else to those of the recipe it carries, else to
/// `Thresholds.withoutRecipe`. An id that the set does not have is an error.
public func verify(
  _ set: GoldenSet, reference: Candidate, candidates: [Candidate],
  options: VerificationOptions = VerificationOptions(), threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> Verification {
  for candidate in candidates
  where try candidate.weights.flux2() != reference.weights.flux2() {
    throw FidelityFailure.otherArchitecture(candidate: candidate.path, reference: reference.path)
  }
  let wanted =
    options.only.isEmpty ? set.goldens : try options.only.map { try set.golden($0) }
  let goldens = set.goldens.filter { wanted.contains($0) }
  let measurable = goldens.filter(\.loras.isEmpty)
  guard !measurable.isEmpty else { throw FidelityFailure.nothingToMeasure(path: set.path) }
  let run = VerificationRun(
    set: set, goldens: measurable, reference: reference, options: options, threads: threads,
    monitor: monitor)
  var measured = [try run.measure(reference, .reference, isReference: true)]
  for candidate in candidates {
    measured.append(
      try run.measure(
        candidate, options.thresholds ?? candidate.recipe?.thresholds ?? .withoutRecipe,
        isReference: false))
  }
  return Verification(
    goldenSet: set, candidates: measured,
    skipped: goldens.filter { !$0.loras.isEmpty }.map { golden in
      SkippedGolden(
        id: golden.id,
        reason: "made with LoRAs, which are not supported yet: "
          + golden.loras.map(\.path).joined(separator: ", "))
    })
}
