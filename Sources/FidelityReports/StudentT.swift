internal import Glibc

/// The tail that an interval leaves on each side, expanded for `count` values; see `meanInterval`.
package func expandedTail(confidence: Double, count: Int) -> Double {
  let quantile = studentQuantile(confidence: confidence, degrees: count - 1)
  let expansion = (Double(count) / Double(count - 1)).squareRoot()
  return normalTail(quantile * expansion)
}

/// The probability that a standard normal number is above `quantile`.
package func normalTail(_ quantile: Double) -> Double { erfc(quantile / 2.0.squareRoot()) / 2 }

/// The t for which −t…t has the probability `confidence` under Student's distribution.
package func studentQuantile(confidence: Double, degrees: Int) -> Double {
  var low = 0.0
  var high = 1.0
  while studentProbability(within: high, degrees: degrees) < confidence { high *= 2 }
  // Doubles between two neighbouring powers of two are told apart after 53 halvings.
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if studentProbability(within: middle, degrees: degrees) < confidence {
      low = middle
    } else {
      high = middle
    }
  }
  return high
}

/// The probability of −t…t under Student's distribution with so many degrees of freedom: the finite
/// series for integers of Abramowitz and Stegun, 26.7.3 and 26.7.4.
package func studentProbability(within t: Double, degrees: Int) -> Double {
  precondition(degrees > 0, "Student's distribution needs a degree of freedom")
  let angle = atan(t / Double(degrees).squareRoot())
  let cosine = cos(angle)
  let isOdd = degrees % 2 == 1
  var term = isOdd ? cosine : 1
  var sum = degrees == 1 ? 0 : term
  var factor = isOdd ? 2.0 : 1.0
  while factor + 3 <= Double(degrees) {
    term *= factor / (factor + 1) * cosine * cosine
    sum += term
    factor += 2
  }
  return isOdd ? 2 / .pi * (angle + sin(angle) * sum) : sin(angle) * sum
}
