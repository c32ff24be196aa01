/// How one figure of one candidate went from run to run.
public struct TrendSeries: Hashable, Sendable {
  /// Series of the same candidate name share a colour.
  public var candidate: String
  /// What was measured, as the chart's title says it: `velocity error, median`. Series of the same
  /// metric share a chart.
  public var metric: String
  /// From the oldest to the newest.
  public var points: [TrendPoint]

  public init(candidate: String, metric: String, points: [TrendPoint]) {
    self.candidate = candidate
    self.metric = metric
    self.points = points
  }
}

/// A figure of one run.
public struct TrendPoint: Hashable, Sendable {
  /// The run, as the axis says it: a version or a date. The same label is the same place.
  public var label: String
  /// What is not finite is left out.
  public var value: Double

  public init(label: String, value: Double) {
    self.label = label
    self.value = value
  }
}
