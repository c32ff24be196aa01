internal import Glibc

/// exp(x − max) / Σ exp(x − max) over those elements, in place.
///
/// The sum runs in Double. An element of −∞ becomes 0; at least one must be finite.
package func softmax(_ x: inout MutableSpan<Float>, _ range: Range<Int>) {
  var largest = -Float.infinity
  for index in range { largest = max(largest, x[index]) }
  var sum = 0.0
  for index in range {
    let value = expf(x[index] - largest)
    x[index] = value
    sum += Double(value)
  }
  let inverse = Float(1 / sum)
  for index in range { x[index] *= inverse }
}
