internal import FidelityReports
internal import Operations
public import ReportHistory

extension TrendSeries {
  /// The series that a page shows of a history: how the errors and, where there are pictures, their
  /// likeness went, a series for each candidate but the reference, in each arithmetic.
  ///
  /// Only runs on the golden sets of these SHA-256 count: means over other goldens cannot be
  /// compared with them. What was not measured is left out. Throws what reading the history throws.
  public static func read(
    _ history: History, goldenSets: Set<String>
  ) throws(HistoryFailure) -> [TrendSeries] {
    var series: [TrendSeries] = []
    for (metric, title) in shown {
      for line in try history.trend(metric) where line.candidate != "reference" {
        let points = line.points
          .filter { goldenSets.contains($0.goldenSHA256) && $0.value.isFinite }
          .map { TrendPoint(label: $0.label, value: $0.value) }
        if !points.isEmpty {
          series.append(
            TrendSeries(
              candidate: line.arithmetic.qualified(line.candidate), metric: title,
              points: points))
        }
      }
    }
    return series
  }

  private static let shown: [(TrendMetric, String)] = [
    (.mean(.velocityError), "Velocity error, geometric mean"),
    (.mean(.latentsError), "Latents error, geometric mean"),
    (.mean(.pictureSSIM), "SSIM, mean"),
    (.mean(.pictureFLIP), "FLIP, mean"),
  ]
}
