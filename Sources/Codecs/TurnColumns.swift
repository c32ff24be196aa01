/// Rotates the columns of some rows, in place, up to the factor √size; or turns them back, which is
/// the same.
///
/// Each contiguous group of `size` columns, a power of four, is multiplied by H₄ ⊗ … ⊗ H₄ with
///
///     H₄ = [[1, 1, 1, −1], [1, 1, −1, 1], [1, −1, 1, 1], [−1, 1, 1, 1]]
///
/// which is symmetric, and its own inverse once divided by √size. One factor of the product mixes
/// the columns whose numbers differ in one digit to the base four, so log₄ size passes do it.
///
/// **Exact** for codes: sums of size numbers up to 128 stay below 2²⁴ for sizes up to 2¹⁶, and
/// `Float` holds all integers up to there. √size is a power of two. Of other numbers each result has
/// gone through two roundings a pass, so that with u = 2⁻²⁴ it is off by at most
/// 2 log₄ size · u · (1 + 2⁻²⁰) times the sum of the group's magnitudes.
package func turnColumns(_ values: inout MutableSpan<Float>, size: Int) {
  precondition(values.count.isMultiple(of: size), "rows hold whole groups")
  var stride = 1
  while stride < size {
    for block in Swift.stride(from: 0, to: values.count, by: 4 * stride) {
      for first in block..<block + stride {
        let a = values[first]
        let b = values[first + stride]
        let c = values[first + 2 * stride]
        let d = values[first + 3 * stride]
        values[first] = (a + b) + (c - d)
        values[first + stride] = (a + b) - (c - d)
        values[first + 2 * stride] = (a - b) + (c + d)
        values[first + 3 * stride] = (c + d) - (a - b)
      }
    }
    stride *= 4
  }
}
