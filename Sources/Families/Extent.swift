/// The length of an axis in terms of a network's named sizes: `3 * width + 2 * feed_forward_size`.
///
/// Always linear, so that a shape in a file can be solved for a size that is not known yet.
public struct Extent: Hashable, Sendable {
  private var constant: Int
  /// size → coefficient; none is 0.
  private var terms: [String: Int]

  /// The sizes it is made of.
  var names: some Collection<String> { terms.keys }

  /// Its value, nil while a size is unknown or when the sum overflows.
  func value(_ sizes: [String: Int]) -> Int? {
    var total = constant
    for (name, coefficient) in terms {
      guard let size = sizes[name] else { return nil }
      let (product, productOverflow) = size.multipliedReportingOverflow(by: coefficient)
      let (sum, sumOverflow) = total.addingReportingOverflow(product)
      guard !productOverflow, !sumOverflow else { return nil }
      total = sum
    }
    return total
  }

  /// The one unknown size that makes the value `total`; nil when none or several are unknown, and
  /// when no size from 0 to `Extent.largest` does.
  func solved(for total: Int, _ sizes: [String: Int]) -> (name: String, size: Int)? {
    let unknown = terms.filter { sizes[$0.key] == nil }
    guard unknown.count == 1, let (name, coefficient) = unknown.first else { return nil }
    var known = self
    known.terms[name] = nil
    guard let rest = known.value(sizes),
      case let (left, overflow) = total.subtractingReportingOverflow(rest),
      !overflow, left.isMultiple(of: coefficient), (0...Self.largest).contains(left / coefficient)
    else { return nil }
    return (name, left / coefficient)
  }

  /// No axis of any network of these kinds is longer.
  static let largest = 1 << 24

  static func + (first: Extent, second: Extent) -> Extent {
    var sum = first
    sum.constant += second.constant
    sum.terms.merge(second.terms, uniquingKeysWith: +)
    sum.terms = sum.terms.filter { $0.value != 0 }
    return sum
  }

  static func - (first: Extent, second: Int) -> Extent { first + Extent(integerLiteral: -second) }

  static func * (factor: Int, extent: Extent) -> Extent {
    var product = extent
    product.constant *= factor
    product.terms = factor == 0 ? [:] : extent.terms.mapValues { $0 * factor }
    return product
  }
}

extension Extent: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) {
    constant = value
    terms = [:]
  }
}

extension Extent: ExpressibleByStringLiteral {
  /// The size of that name.
  public init(stringLiteral name: String) {
    constant = 0
    terms = [name: 1]
  }
}
