/// Finds words as the expression of a ``SplitPattern`` does: one function for each alternative, tried
/// in order, each with the result that greedy matching with backtracking has.
///
/// Every character is of some alternative, so that words follow each other without gaps.
struct WordScanner {
  let pattern: SplitPattern
  let scalars: [Unicode.Scalar]
  private let classes: [ScalarClass]

  init(pattern: SplitPattern, scalars: [Unicode.Scalar]) {
    self.pattern = pattern
    self.scalars = scalars
    classes = scalars.map { ScalarClass($0) }
  }

  /// The end of the word that begins at a place.
  func wordEnd(from start: Int) -> Int {
    let letters =
      switch pattern {
      case .qwen2: contraction(from: start) ?? self.letters(from: start)
      case .tekken: casedLetters(from: start)
      }
    return letters ?? number(from: start) ?? signs(from: start) ?? spaces(from: start)
  }

  /// The end of the characters from a place on that are of one of the classes.
  private func end(of wanted: ScalarClass, from start: Int) -> Int {
    var end = start
    while end < classes.count, !classes[end].isDisjoint(with: wanted) { end += 1 }
    return end
  }

  private func isOf(_ wanted: ScalarClass, at place: Int) -> Bool {
    place < classes.count && !classes[place].isDisjoint(with: wanted)
  }

  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; without regard to case ſ is an s, too.
  private func contraction(from start: Int) -> Int? {
    guard scalars[start] == "'", start + 1 < scalars.count else { return nil }
    func isNext(_ letter: Unicode.Scalar, _ capital: Unicode.Scalar) -> Bool {
      start + 2 < scalars.count && (scalars[start + 2] == letter || scalars[start + 2] == capital)
    }
    switch scalars[start + 1] {
    case "s", "S", "\u{17F}", "t", "T", "m", "M", "d", "D": return start + 2
    case "r", "R", "v", "V": return isNext("e", "E") ? start + 3 : nil
    case "l", "L": return isNext("l", "L") ? start + 3 : nil
    default: return nil
    }
  }

  /// Where letters may begin: behind one character that is no letter, number or newline
  /// (`[^\r\n\p{L}\p{N}]?`), or at `start` itself.
  private func starts(_ start: Int) -> [Int] {
    isOf([.letter, .number, .newline], at: start) ? [start] : [start + 1, start]
  }

  /// `[^\r\n\p{L}\p{N}]?\p{L}+`
  private func letters(from start: Int) -> Int? {
    starts(start).lazy.map { ($0, end(of: .letter, from: $0)) }.first { $0 < $1 }?.1
  }

  /// `[^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*` with U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and
  /// L = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  private func casedLetters(from start: Int) -> Int? {
    let upper: ScalarClass = [.upper, .caseless, .mark]
    let lower: ScalarClass = [.lower, .caseless, .mark]
    for first in starts(start) {
      let upperEnd = end(of: upper, from: first)
      let lowerEnd = end(of: lower, from: upperEnd)
      if lowerEnd > upperEnd { return lowerEnd }
      // U* gives back until L+ can have one character; what follows that is of U alone.
      if let last = (first..<upperEnd).last(where: { isOf(lower, at: $0) }) { return last + 1 }
    }
    for first in starts(start) {
      let upperEnd = end(of: upper, from: first)
      if upperEnd > first { return end(of: lower, from: upperEnd) }
    }
    return nil
  }

  /// `\p{N}`
  private func number(from start: Int) -> Int? {
    isOf(.number, at: start) ? start + 1 : nil
  }

  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*`; Tekken's has `[\r\n/]*`.
  private func signs(from start: Int) -> Int? {
    let first = scalars[start] == " " ? start + 1 : start
    var end = first
    while end < classes.count, !isOf([.space, .letter, .number], at: end) { end += 1 }
    guard end > first else { return nil }
    while isOf(.newline, at: end)
      || (pattern == .tekken && end < scalars.count && scalars[end] == "/")
    {
      end += 1
    }
    return end
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`, where a space is known to be.
  private func spaces(from start: Int) -> Int {
    let end = end(of: .space, from: start)
    if let newline = (start..<end).last(where: { isOf(.newline, at: $0) }) { return newline + 1 }
    // The last space before a word is the word's, unless it is the only one.
    return end == classes.count || end - start == 1 ? end : end - 1
  }
}
