/// What a gate held a report to, and how it ended.
public struct Gate: Hashable, Sendable {
  public var comparison: Comparison
  public var tolerances: GateTolerances
  /// Candidate by candidate, in the order of the baseline.
  public var checks: [GateCheck]

  public var passes: Bool { checks.allSatisfy(\.passes) }

  /// Compares `current` with `baseline`, and what got worse with the tolerances.
  ///
  /// A metric fails when even the lower bound of its interval is beyond the tolerance: with few or
  /// uneven prompts that takes more than a mean beyond it. What no prompt changes is compared
  /// directly: verdicts, errors of tensors, sizes, and that everything is still measured.
  ///
  /// Throws `ComparisonFailure` when the reports are on different goldens, whose ids cannot be
  /// paired, or have a candidate in different arithmetic.
  public init(
    baseline: FidelityReport, current: FidelityReport, tolerances: GateTolerances = .init(),
    resampling: Resampling = Resampling(),
    generator: some RandomNumberGenerator & Sendable = SplitMix64(seed: 1)
  ) throws(ComparisonFailure) {
    guard baseline.goldenSet.sha256 == current.goldenSet.sha256 else {
      throw .differentGoldens(
        baseline: baseline.goldenSet.sha256, current: current.goldenSet.sha256)
    }
    let comparison = Comparison(
      baseline: baseline, current: current, resampling: resampling, generator: generator)
    for change in comparison.candidates
    where change.baselineArithmetic != change.currentArithmetic {
      throw .differentArithmetic(
        candidate: change.name, baseline: change.baselineArithmetic,
        current: change.currentArithmetic)
    }
    let changes = Dictionary(
      comparison.candidates.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.comparison = comparison
    self.tolerances = tolerances
    checks = baseline.candidates.flatMap { candidate in
      changes[candidate.name].map { $0.checks(tolerances) } ?? [
        GateCheck(candidate: candidate.name, subject: .presence, findings: [.candidateMissing])
      ]
    }
  }
}

/// One thing about one candidate that may not get worse.
public struct GateCheck: Hashable, Sendable {
  public var candidate: String
  public var subject: GateSubject
  /// What got worse beyond tolerance, the worst first.
  public var findings: [GateFinding]

  public init(candidate: String, subject: GateSubject, findings: [GateFinding]) {
    self.candidate = candidate
    self.subject = subject
    self.findings = findings
  }

  public var passes: Bool { findings.isEmpty }
}

/// What a check is about.
public enum GateSubject: Hashable, Sendable {
  /// The candidate and its goldens are still there.
  case presence
  /// Limits that were kept are kept.
  case verdict
  case metric(MetricChange)
  /// The errors of tensors.
  case weights
  case bitsPerWeight
  case storedByteCount

  /// The name in reports for machines.
  public var key: String {
    switch self {
    case .presence: "presence"
    case .verdict: "verdict"
    case .metric(let change): change.metric.rawValue
    case .weights: "weights"
    case .bitsPerWeight: "bits_per_weight"
    case .storedByteCount: "stored_byte_count"
    }
  }
}

/// Something that got worse beyond tolerance.
public enum GateFinding: Hashable, Sendable {
  case candidateMissing
  case goldenMissing(id: String)
  /// Every limit was kept, and some is not any more.
  case verdict
  case worse(MetricChange, tolerance: Double)
  /// A value of a golden's run was measured, and is not any more.
  case unmeasured(golden: String)
  /// A value of a golden's run was defined, and is not any more.
  case undefined(golden: String)
  case tensorMissing(name: String)
  /// `measure` is the key of the error: `weight_relative_error` or `segment_relative_error`.
  case tensorWorse(name: String, measure: String, change: Change, tolerance: Double)
  case larger(Change, tolerance: Double)
}
