internal import Operations
internal import StrictJSON

// What the documents of reports are made of.
extension JSONField {
  /// The number, which must lie in `range`.
  func number(in range: ClosedRange<Double>) throws(JSONFailure) -> Double {
    let number = try double()
    guard range.contains(number) else {
      throw failure(
        expected: range.upperBound == .greatestFiniteMagnitude
          ? "a number of \(range.lowerBound) or more"
          : "a number from \(range.lowerBound) to \(range.upperBound)",
        found: String(number))
    }
    return number
  }

  /// The number of a key that must be there, in `range` unless it is null.
  func measure(
    _ key: String, ifNull: Double = .nan,
    in range: ClosedRange<Double> = -Double
      .greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  ) throws(JSONFailure) -> Double {
    let field = try self[key]
    return field.value == .null ? ifNull : try field.number(in: range)
  }

  /// The error of a key that must be there: a number of 0 or more, NaN for null.
  func errorMeasure(_ key: String) throws(JSONFailure) -> Double {
    try measure(key, in: 0...Double.greatestFiniteMagnitude)
  }

  /// The elements of the array of a key, of which there are no more than a meaningful document has.
  func list<Element>(
    _ key: String, atLeast least: Int = 0, atMost limit: Int,
    _ element: (JSONField) throws(JSONFailure) -> Element
  ) throws(JSONFailure) -> [Element] {
    let field = try self[key]
    let fields = try field.array()
    guard fields.count <= limit else {
      throw field.failure(expected: "at most \(limit) elements", found: "\(fields.count)")
    }
    guard fields.count >= least else {
      throw field.failure(expected: "at least \(least) of them", found: "\(fields.count)")
    }
    var elements: [Element] = []
    elements.reserveCapacity(fields.count)
    for field in fields { elements.append(try element(field)) }
    return elements
  }

  /// An arithmetic by its name.
  func arithmetic() throws(JSONFailure) -> Arithmetic {
    guard let arithmetic = Arithmetic(rawValue: try string()) else {
      let known = Arithmetic.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure(expected: "one of \(known)", found: try FidelityReports.found(self))
    }
    return arithmetic
  }

  /// Throws when a name of the elements of the list `list` occurs twice.
  func checkDistinct(_ names: [String], _ key: String, of list: String) throws(JSONFailure) {
    var known = Set<String>()
    for (index, name) in names.enumerated() where !known.insert(name).inserted {
      throw try self[list].array()[index][key].failure(
        expected: "distinct names", found: "\(name.quotedForMessage) twice")
    }
  }

  /// Throws when the verdict is not the one that the violations give.
  func checkVerdict(_ passes: Bool) throws(JSONFailure) {
    let field = try self["verdict"]
    guard try field.string() == verdictText(passes) else {
      throw field.failure(
        expected: "\"\(verdictText(passes))\", as the violations say", found: try found(field))
    }
  }
}

/// A string of a document as messages quote it.
func found(_ field: JSONField) throws(JSONFailure) -> String {
  try field.string().quotedForMessage
}

/// Whether a byte is a digit of lower-case hexadecimal.
func isHexadecimal(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}
