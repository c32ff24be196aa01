/// A metric of the runs that a candidate has in two reports.
public struct MetricChange: Hashable, Sendable {
  public var metric: ReportMetric
  /// The runs where both values are defined, in the order of the baseline.
  public var pairs: [MetricPair]
  /// How much worse it became, a mean over the pairs in the unit of tolerances: for errors the
  /// growth of their geometric mean (0.07: 7 % more), else the mean difference. Negative for better.
  /// NaN without pairs.
  public var worsening: Double
  /// Where the worsening lies for prompts in general; nil without pairs.
  public var interval: MeanInterval?
  /// Ids of goldens whose value was defined and is not any more.
  public var undefined: [String]
  /// Ids of goldens whose value was measured and is not any more.
  public var unmeasured: [String]

  /// The mean over the pairs' values in the baseline.
  public var baselineMean: Double { metric.mean(of: pairs.map(\.baseline)) }
  /// The mean over the pairs' current values.
  public var currentMean: Double { metric.mean(of: pairs.map(\.current)) }

  /// Nil when the baseline has no value that is defined.
  init?(
    _ metric: ReportMetric, pairs goldens: [(baseline: GoldenReport, current: GoldenReport)],
    resampling: Resampling, generator: some RandomNumberGenerator & Sendable
  ) {
    self.metric = metric
    pairs = []
    undefined = []
    unmeasured = []
    for (baseline, current) in goldens {
      guard let old = metric.value(of: baseline), metric.isDefined(old) else { continue }
      switch metric.value(of: current) {
      case nil: unmeasured.append(baseline.id)
      case .some(let new) where !metric.isDefined(new): undefined.append(baseline.id)
      case .some(let new):
        pairs.append(MetricPair(golden: baseline.id, baseline: old, current: new))
      }
    }
    guard !pairs.isEmpty else {
      guard !undefined.isEmpty || !unmeasured.isEmpty else { return nil }
      worsening = .nan
      return
    }
    let differences = pairs.map {
      metric.position(of: $0.current) - metric.position(of: $0.baseline)
    }
    worsening = metric.worsening(differences.reduce(0, +) / Double(pairs.count))
    // A copy: every metric draws the same prompts.
    var generator = generator
    let interval = meanInterval(of: differences, resampling: resampling, using: &generator)
    self.interval = MeanInterval(
      lower: metric.worsening(interval.lower), upper: metric.worsening(interval.upper),
      isBootstrapped: interval.isBootstrapped)
  }
}

/// The values that a golden's run has in two reports.
public struct MetricPair: Hashable, Sendable {
  public var golden: String
  public var baseline: Double
  public var current: Double

  public init(golden: String, baseline: Double, current: Double) {
    self.golden = golden
    self.baseline = baseline
    self.current = current
  }
}
