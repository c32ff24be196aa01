/// The filters of rows (PNG specification, 9): what is stored of a byte is what its prediction from
/// the bytes to the left (a), above (b) and above left (c) leaves, modulo 256.
package enum PNGFilter: UInt8, CaseIterable {
  case none = 0
  case sub = 1
  case up = 2
  case average = 3
  case paeth = 4

  @inline(__always)
  private func prediction(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
    switch self {
    case .none: return 0
    case .sub: return a
    case .up: return b
    case .average: return UInt8((Int(a) + Int(b)) / 2)
    case .paeth:
      let estimate = Int(a) + Int(b) - Int(c)
      let toLeft = abs(estimate - Int(a))
      let toAbove = abs(estimate - Int(b))
      let toCorner = abs(estimate - Int(c))
      return toLeft <= toAbove && toLeft <= toCorner ? a : toAbove <= toCorner ? b : c
    }
  }

  /// Turns what is stored of a row into the row; `above` is the row before it, zeros for the first.
  func restore(_ row: inout [UInt8], above: [UInt8], stride: Int) {
    guard self != .none else { return }
    for i in row.indices {
      let left = i >= stride ? row[i - stride] : 0
      let corner = i >= stride ? above[i - stride] : 0
      row[i] &+= prediction(left, above[i], corner)
    }
  }

  /// What is stored of a row.
  func apply(_ row: [UInt8], above: [UInt8], stride: Int, to stored: inout [UInt8]) {
    for i in row.indices {
      let left = i >= stride ? row[i - stride] : 0
      let corner = i >= stride ? above[i - stride] : 0
      stored[i] = row[i] &- prediction(left, above[i], corner)
    }
  }

  /// The rows of a picture, each behind the filter that leaves the least sum of absolute differences,
  /// taken as signed bytes: the heuristic of the specification (12.7). Of equal ones the first.
  package static func filtered(_ pixels: [UInt8], rowByteCount: Int, stride: Int) -> [UInt8] {
    var filtered: [UInt8] = []
    filtered.reserveCapacity(pixels.count + pixels.count / rowByteCount)
    var above = [UInt8](repeating: 0, count: rowByteCount)
    var candidate = above
    var best = above
    for start in Swift.stride(from: 0, to: pixels.count, by: rowByteCount) {
      let row = Array(pixels[start..<start + rowByteCount])
      var bestSum = Int.max
      var bestFilter = PNGFilter.none
      for filter in allCases {
        filter.apply(row, above: above, stride: stride, to: &candidate)
        let sum = candidate.reduce(0) { $0 + abs(Int(Int8(bitPattern: $1))) }
        if sum < bestSum {
          bestSum = sum
          bestFilter = filter
          swap(&best, &candidate)
        }
      }
      filtered.append(bestFilter.rawValue)
      filtered += best
      above = row
    }
    return filtered
  }
}
