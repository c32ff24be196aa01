/// A pattern of tensor names: `*` stands for any run of characters, dots included, `?` for one.
///
/// Characters are Unicode scalars, compared exactly.
public struct NamePattern: Hashable, Sendable, CustomStringConvertible {
  public let description: String
  private let pattern: [Unicode.Scalar]

  public init(_ pattern: String) {
    description = pattern
    self.pattern = Array(pattern.unicodeScalars)
  }

  /// Whether the whole name fits the pattern.
  ///
  /// Greedy with one point of return, so the time is at most the product of the lengths: patterns
  /// come from files.
  public func matches(_ name: String) -> Bool {
    let name = Array(name.unicodeScalars)
    var at = 0
    var position = 0
    var lastStar: (pattern: Int, position: Int)?
    while position < name.count {
      if at < pattern.count, pattern[at] == "*" {
        lastStar = (at, position)
        at += 1
      } else if at < pattern.count,
        pattern[at] == "?" || pattern[at] == name[position]
      {
        at += 1
        position += 1
      } else if let star = lastStar {
        lastStar = (star.pattern, star.position + 1)
        at = star.pattern + 1
        position = star.position + 1
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == "*" }
  }
}
