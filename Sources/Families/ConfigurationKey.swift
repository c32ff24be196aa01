internal import StrictJSON

/// What a member of a `config.json` says of a network, in both directions.
struct ConfigurationKey: Sendable {
  /// The key, with dots where objects are nested: `text_config.hidden_size`.
  var key: String
  var meaning: Meaning

  enum Meaning: Sendable {
    /// A size.
    case size(String)
    /// A size; null or absent when it equals another.
    case sizeUnlessEqual(String, to: String)
    /// A flag: a size that is 0 or 1.
    case flag(String)
    /// One of two values, the first when the flag is 1.
    case choice(String, JSONValue, JSONValue)
    /// One of two values, the first when the flag is 1; not looked at when it is read.
    case writtenChoice(String, JSONValue, JSONValue)
    /// The quotient of two sizes, as a number: the first is the integer part of ratio × second.
    case ratio(String, of: String)
    /// A list of sizes.
    case sizes([String])
    /// A list of sizes; null or absent when they equal others.
    case sizesUnlessEqual([String], to: [String])
    /// The list 0, 1, … of so many block indices.
    case indices(String)
    /// A number or list that no shape tells.
    case setting(String)
    /// The only value that the table describes.
    case fixed(JSONValue)
    /// The only value that the table describes, if the member is there; loaders have it without being
    /// told.
    case onlyRead(JSONValue)
    /// Written for the loader, not looked at when it is read.
    case written(JSONValue)
  }

  init(_ key: String, _ meaning: Meaning) {
    self.key = key
    self.meaning = meaning
  }
}

/// A number of a network that no shape tells, and what the published models have.
struct Setting: Sendable {
  var name: String
  /// From the sizes.
  var published: @Sendable ([String: Int]) -> JSONValue

  init(_ name: String, published: @escaping @Sendable ([String: Int]) -> JSONValue) {
    self.name = name
    self.published = published
  }

  /// Refuses a value of another kind than the published models have; numbers must be finite.
  func check(_ field: JSONField) throws {
    switch published([:]) {
    case .number: _ = try field.double()
    case .array: for element in try field.array() { _ = try element.integer() }
    case .string: _ = try field.string()
    default: preconditionFailure("\(name) is a number, a list or a text")
    }
  }
}
