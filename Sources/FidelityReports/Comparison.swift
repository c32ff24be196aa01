public import Operations

/// Two reports on the same goldens, candidate by candidate and prompt by prompt.
public struct Comparison: Hashable, Sendable {
  /// Candidates of both, in the order of the baseline, the reference among them.
  public var candidates: [CandidateChange]
  /// Names of candidates that only the baseline has.
  public var missingCandidates: [String]
  /// Names of candidates that only the current report has.
  public var newCandidates: [String]
  /// Whether both ran the same file of goldens; if not, equal ids may mean different runs.
  public var hasSameGoldens: Bool
  public var resampling: Resampling

  /// Compares `current` with `baseline`.
  ///
  /// Candidates are paired by name, their runs by the golden's id. Every metric resamples its
  /// prompts with a copy of `generator`, so that no metric's interval depends on the others.
  public init(
    baseline: FidelityReport, current: FidelityReport, resampling: Resampling = Resampling(),
    generator: some RandomNumberGenerator & Sendable = SplitMix64(seed: 1)
  ) {
    let old = Set(baseline.candidates.map(\.name))
    let new = Dictionary(
      current.candidates.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    candidates = baseline.candidates.compactMap { candidate in
      new[candidate.name].map {
        CandidateChange(
          baseline: candidate, current: $0, resampling: resampling, generator: generator)
      }
    }
    missingCandidates = baseline.candidates.map(\.name).filter { new[$0] == nil }
    newCandidates = current.candidates.map(\.name).filter { !old.contains($0) }
    hasSameGoldens = baseline.goldenSet.sha256 == current.goldenSet.sha256
    self.resampling = resampling
  }
}

/// A number of two reports.
public struct Change: Hashable, Sendable {
  public var baseline: Double
  public var current: Double

  public init(baseline: Double, current: Double) {
    self.baseline = baseline
    self.current = current
  }

  /// current / baseline − 1; 0 when both are equal, infinite when only the baseline is 0, NaN when
  /// one is undefined.
  public var growth: Double { baseline == current ? 0 : current / baseline - 1 }
}

/// A candidate of two reports.
public struct CandidateChange: Hashable, Sendable {
  public var name: String
  /// What its products were computed in. Where these differ, so does what was measured: the same
  /// weights in another runtime.
  public var baselineArithmetic: Arithmetic
  public var currentArithmetic: Arithmetic
  public var passed: Bool
  public var passes: Bool
  public var bitsPerWeight: Change
  public var storedByteCount: Change
  /// Metrics that the baseline has, in the order of `ReportMetric`.
  public var metrics: [MetricChange]
  /// Ids of goldens that only the baseline ran.
  public var missingGoldens: [String]
  /// Ids of goldens that only the current report ran.
  public var newGoldens: [String]
  /// Tensors of both, in the order of the baseline.
  public var tensors: [TensorChange]
  /// Names of tensors that only the baseline has.
  public var missingTensors: [String]

  init(
    baseline: CandidateReport, current: CandidateReport, resampling: Resampling,
    generator: some RandomNumberGenerator & Sendable
  ) {
    name = baseline.name
    baselineArithmetic = baseline.arithmetic
    currentArithmetic = current.arithmetic
    passed = baseline.passes
    passes = current.passes
    bitsPerWeight = Change(baseline: baseline.bitsPerWeight, current: current.bitsPerWeight)
    storedByteCount = Change(
      baseline: Double(baseline.storedByteCount), current: Double(current.storedByteCount))
    let old = Set(baseline.goldens.map(\.id))
    let new = Dictionary(
      current.goldens.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    missingGoldens = baseline.goldens.map(\.id).filter { new[$0] == nil }
    newGoldens = current.goldens.map(\.id).filter { !old.contains($0) }
    let pairs = baseline.goldens.compactMap { golden in new[golden.id].map { (golden, $0) } }
    metrics = ReportMetric.allCases.compactMap {
      MetricChange($0, pairs: pairs, resampling: resampling, generator: generator)
    }
    let newTensors = Dictionary(
      current.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    tensors = baseline.tensors.compactMap { tensor in
      newTensors[tensor.name].map { TensorChange(baseline: tensor, current: $0) }
    }
    missingTensors = baseline.tensors.map(\.name).filter { newTensors[$0] == nil }
  }
}

/// The errors of a tensor of two reports.
public struct TensorChange: Hashable, Sendable {
  public var name: String
  public var relativeError: Change
  public var segmentRelativeError: Change

  init(baseline: TensorReport, current: TensorReport) {
    name = baseline.name
    relativeError = Change(baseline: baseline.relativeError, current: current.relativeError)
    segmentRelativeError = Change(
      baseline: baseline.worstSegment.relativeError, current: current.worstSegment.relativeError)
  }
}
