/// The quantile of the numbers, linear between neighbours (type 7 of Hyndman and Fan, 1996): 0 is
/// the smallest, 0.5 the median.
///
/// What is not a number does not count; NaN when nothing else is there. Infinite neighbours give the
/// nearer one, so that ∞ − ∞ does not arise.
package func quantile(_ fraction: Double, of numbers: [Double]) -> Double {
  let sorted = numbers.filter { !$0.isNaN }.sorted()
  guard let last = sorted.last else { return .nan }
  let place = fraction * Double(sorted.count - 1)
  let index = Int(place)
  guard index + 1 < sorted.count else { return last }
  let (low, high, part) = (sorted[index], sorted[index + 1], place - Double(index))
  guard low.isFinite, high.isFinite else { return part < 0.5 ? low : high }
  return low + (high - low) * part
}

package func median(of numbers: [Double]) -> Double { quantile(0.5, of: numbers) }
