internal import Families
public import Goldens
internal import Operations
public import Parallel
public import Recipes

/// A verification that was checked and has not begun: which candidates, on which goldens, to which
/// limits.
///
/// The reference is run in float32 and held to `Thresholds.reference`: when it fails, the goldens
/// belong to another model or this program is wrong, and no candidate's figure means anything. A
/// candidate is run in its own arithmetic, and held to the limits of the options if given, else to
/// those of the recipe it carries, else to `Thresholds.withoutRecipe`.
public struct VerificationPlan: Sendable {
  /// A candidate and what it is held to.
  public struct Entry: Sendable {
    public let candidate: Candidate
    public let thresholds: Thresholds
  }

  public let goldenSet: GoldenSet
  /// The reference first, then every candidate.
  public let entries: [Entry]
  /// Those that are run.
  public let goldens: [Golden]
  /// Those that cannot be run.
  public let skipped: [SkippedGolden]
  private let options: VerificationOptions
  private let gallery: PictureGallery?

  /// Checks everything that can be known before a weight is read; writes nothing.
  ///
  /// Throws `FidelityFailure` for a candidate of another architecture, for no golden that can be run
  /// and for pictures that cannot be made, and `GoldenFailure` for an id that the set does not have.
  /// A reference in another arithmetic than float32 is a broken contract and traps.
  public init(
    _ set: GoldenSet, reference: Candidate, candidates: [Candidate],
    options: VerificationOptions = VerificationOptions()
  ) throws {
    precondition(reference.arithmetic == .float32, "goldens and reference are of float32")
    for candidate in candidates
    where try candidate.weights.flux2() != reference.weights.flux2() {
      throw FidelityFailure.otherArchitecture(
        candidate: candidate.path, reference: reference.path)
    }
    let wanted =
      options.only.isEmpty ? set.goldens : try options.only.map { try set.golden($0) }
    let goldens = set.goldens.filter { wanted.contains($0) }
    let measurable = goldens.filter(\.loras.isEmpty)
    guard !measurable.isEmpty else { throw FidelityFailure.nothingToMeasure(path: set.path) }
    gallery = try options.picturesFolder.map {
      try PictureGallery.open(
        $0, reference: reference, candidates: candidates, goldens: measurable)
    }
    goldenSet = set
    self.options = options
    self.goldens = measurable
    entries =
      [Entry(candidate: reference, thresholds: .reference)]
      + candidates.map { candidate in
        Entry(
          candidate: candidate,
          thresholds: options.thresholds ?? candidate.recipe?.thresholds ?? .withoutRecipe)
      }
    skipped = goldens.filter { !$0.loras.isEmpty }.map { golden in
      SkippedGolden(
        id: golden.id,
        reason: "made with LoRAs, which are not supported yet: "
          + golden.loras.map(\.path).joined(separator: ", "))
    }
  }

  /// The predictions of a golden's recorded latents; its own run has as many.
  public func predictionCount(of golden: Golden) -> Int {
    (goldenSet.isGuided(golden) ? 2 : 1) * golden.steps
  }

  /// Measures the reference, then candidate after candidate.
  ///
  /// The weights of a file are compared once, whatever the arithmetics that it is run in.
  public func run(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> Verification {
    let run = VerificationRun(
      set: goldenSet, goldens: goldens, reference: entries[0].candidate, options: options,
      gallery: gallery, threads: threads, monitor: monitor)
    var tensors: [String: [TensorFidelity]] = [:]
    var measured: [CandidateFidelity] = []
    for (index, entry) in entries.enumerated() {
      let path = entry.candidate.path
      let goldens = try run.measure(entry.candidate, isReference: index == 0)
      if index > 0, tensors[path] == nil { tensors[path] = try run.tensors(of: entry.candidate) }
      measured.append(
        CandidateFidelity(
          candidate: entry.candidate, thresholds: entry.thresholds, goldens: goldens.goldens,
          tensors: index == 0 ? [] : tensors[path] ?? [], blocks: goldens.blocks))
    }
    return Verification(goldenSet: goldenSet, candidates: measured, skipped: skipped)
  }
}
