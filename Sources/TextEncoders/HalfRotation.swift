internal import Glibc
internal import Operations

/// Rotary positions (Su et al., arXiv 2104.09864) over the halves of a head.
///
/// Element i of K/2 makes a pair with element i + K/2, which turns by position · base^(−2i/K).
/// Frequencies and angles are rounded to float32, as transformers does it: at position 500 an angle
/// in double precision would differ from it by 10⁻⁵.
struct HalfRotation: Sendable {
  /// `[positions, K/2]`.
  private let cosines: Matrix
  /// `[positions, K/2]`.
  private let sines: Matrix

  init(positionCount: Int, headSize: Int, base: Double) {
    let pairs = headSize / 2
    let frequencies = (0..<pairs).map { pair in
      1 / Float(pow(Double(Float(base)), Double(Float(2 * pair) / Float(headSize))))
    }
    var cosines = Matrix(rows: positionCount, columns: pairs)
    var sines = cosines
    for position in 0..<positionCount {
      for pair in 0..<pairs {
        let angle = Double(Float(position) * frequencies[pair])
        cosines.values[position * pairs + pair] = Float(cos(angle))
        sines.values[position * pairs + pair] = Float(sin(angle))
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  /// Turns one head `[K]` of the token at a position, in place: (a, b) becomes
  /// (a cos − b sin, b cos + a sin).
  func rotate(_ head: inout MutableSpan<Float>, at offset: Int, position: Int) {
    let pairs = cosines.columns
    for pair in 0..<pairs {
      let cosine = cosines.values[position * pairs + pair]
      let sine = sines.values[position * pairs + pair]
      let first = head[offset + pair]
      let second = head[offset + pairs + pair]
      head[offset + pair] = first * cosine - second * sine
      head[offset + pairs + pair] = second * cosine + first * sine
    }
  }
}
