package import FidelityReports

/// A figure along a run, over goldens whose runs have different numbers of steps.
package struct RunCurve {
  package struct Place: Hashable {
    /// The part of the run that is done.
    package let progress: Double
    package let value: Double
  }

  /// For each golden its id and its places in order.
  package let goldens: [(id: String, places: [Place])]

  /// The error of each prediction: the first step stands at 0, the last at 1.
  package static func velocity(_ goldens: [GoldenReport]) -> RunCurve {
    curve(goldens, value: \.velocityRelativeError) { step, count in
      count > 1 ? Double(step) / Double(count - 1) : 0
    }
  }

  /// The error of the latents after each step: the last stands at 1.
  package static func drift(_ goldens: [GoldenReport]) -> RunCurve {
    curve(goldens, value: \.driftRelativeError) { step, count in
      Double(step + 1) / Double(count)
    }
  }

  private static func curve(
    _ goldens: [GoldenReport], value: (StepReport) -> Double, progress: (Int, Int) -> Double
  ) -> RunCurve {
    RunCurve(
      goldens: goldens.map { golden in
        (
          golden.id,
          golden.steps.enumerated().map { index, step in
            Place(progress: progress(index, golden.steps.count), value: value(step))
          }
        )
      })
  }

  /// The median and the middle half of the goldens, where the golden with most steps has its own;
  /// between its steps a golden counts with the straight line, outside of them not at all.
  package var median: [(progress: Double, low: Double, middle: Double, high: Double)] {
    let grid = goldens.map(\.places).max { $0.count < $1.count } ?? []
    return grid.map { place in
      let values = goldens.compactMap { Self.value(at: place.progress, in: $0.places) }
      return (
        place.progress, quantile(0.25, of: values), quantile(0.5, of: values),
        quantile(0.75, of: values)
      )
    }
  }

  /// Nil outside of the places.
  static func value(at progress: Double, in places: [Place]) -> Double? {
    guard let after = places.firstIndex(where: { $0.progress >= progress - 1e-9 }) else {
      return nil
    }
    let high = places[after]
    guard high.progress > progress + 1e-9 else { return high.value }
    guard after > 0 else { return nil }
    let low = places[after - 1]
    let part = (progress - low.progress) / (high.progress - low.progress)
    return low.value + (high.value - low.value) * part
  }
}
