internal import Glibc

/// A ratio of powers in decibels.
func decibels(_ ratio: Double) -> Double { 10 * log10(ratio) }

/// A window of 2 · `radius` + 1 weights that sum to 1, proportional to exp(−x² / 2σ²).
func gaussianWindow(radius: Int, standardDeviation: Double) -> [Double] {
  let weights = (-radius...radius).map { x in
    exp(-Double(x * x) / (2 * standardDeviation * standardDeviation))
  }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}

/// Adds `weight · source[i + offset]` to every `target[i]`: one tap of a window over a line.
///
/// `source` has `target.count + offset` values or more.
@inline(__always)
func addScaled(
  _ source: Span<Double>, from offset: Int, by weight: Double, to target: inout MutableSpan<Double>
) {
  precondition(offset >= 0 && offset + target.count <= source.count)
  for i in 0..<target.count { target[i] += weight * source[i + offset] }
}

/// The values of a line under a window, where the window fits: `line.count − window.count + 1` of them.
func filtered(_ line: [Double], _ window: [Double]) -> [Double] {
  var result = [Double](repeating: 0, count: line.count - window.count + 1)
  let source = line.span
  var target = result.mutableSpan
  for (k, weight) in window.enumerated() {
    addScaled(source, from: k, by: weight, to: &target)
  }
  return result
}

/// The sum of as many lines as the window has weights, from line `first` on.
func weightedSum(_ lines: [[Double]], from first: Int, _ window: [Double]) -> [Double] {
  var result = [Double](repeating: 0, count: lines[first].count)
  var target = result.mutableSpan
  for (k, weight) in window.enumerated() {
    let line = lines[first + k]
    addScaled(line.span, from: 0, by: weight, to: &target)
  }
  return result
}
