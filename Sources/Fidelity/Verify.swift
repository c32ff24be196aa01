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
  /// A folder for the pictures of candidates and goldens; nil for none (`PictureGallery`).
  public var picturesFolder: String?
  /// Where in each run the modules' own errors are measured, from 0, the first step, to 1, the
  /// last; none for no attribution.
  public var attributionPlaces: [Double] = []
  /// The memory for runs that are loaded together, in bytes; a larger run is loaded alone.
  public var loadedByteCount = 1 << 30

  /// The first step, the middle one and the last.
  public static let firstMiddleLast = [0, 0.5, 1]

  public init() {}
}

/// Measures a reference and its candidates on a golden set (`VerificationPlan`).
public func verify(
  _ set: GoldenSet, reference: Candidate, candidates: [Candidate],
  options: VerificationOptions = VerificationOptions(), threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> Verification {
  try VerificationPlan(set, reference: reference, candidates: candidates, options: options)
    .run(threads: threads, monitor: monitor)
}
