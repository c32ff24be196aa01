/// What the files of a set are called: `NAME-00001-of-00003.gguf`.
internal struct GGUFSplitName: Hashable {
  /// What all files of the set share; may be a path.
  let stem: String
  /// From 1 to `count`.
  let number: Int
  let count: Int

  /// The parts of a name, nil for one that is not of this form.
  init?(parsing name: String) {
    guard let match = name.wholeMatch(of: /(.+)-([0-9]{5,})-of-([0-9]{5,})\.gguf/),
      let number = Int(match.2), let count = Int(match.3)
    else { return nil }
    stem = String(match.1)
    self.number = number
    self.count = count
  }

  /// The name of one file of a set that is called `path`.
  static func path(_ path: String, number: Int, count: Int) -> String {
    let stem = path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path
    return stem + ending(number: number, count: count)
  }

  /// The name of another file of the set.
  func name(ofNumber number: Int) -> String {
    stem + Self.ending(number: number, count: count)
  }

  static func ending(number: Int, count: Int) -> String {
    "-\(padded(number))-of-\(padded(count)).gguf"
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

extension GGUFMetadata {
  /// The position of a file in its set, from 0.
  internal static let splitNumberKey = "split.no"
  /// How many files the set has.
  internal static let splitCountKey = "split.count"
  /// How many tensors all files of the set have.
  internal static let splitTensorCountKey = "split.tensors.count"
}
