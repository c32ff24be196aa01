/// The members of a JSON object in the order of the document, found by key in constant time.
///
/// Keys are compared byte by byte, as other readers do: two spellings of é that `String` holds for
/// equal are two keys. Objects are equal when they have equal members in the same order.
public struct JSONObject: Sendable {
  /// One member of an object.
  public struct Member: Sendable, Equatable {
    public let key: String
    public var value: JSONValue
  }

  private var members: [Member] = []
  private var positions: [ExactKey: Int] = [:]

  /// An object without members.
  public init() {}

  /// An object with these members; two equal keys trap.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    for (key, value) in members {
      let isNew = append(key: key, value: value)
      precondition(isNew, "the key \(key) occurs twice")
    }
  }

  /// The members' keys, in order.
  public var keys: [String] { members.map(\.key) }

  /// The value of a key, nil when there is none.
  ///
  /// A new key is put at the end, an existing one keeps its place. Setting nil removes the member,
  /// in time linear in the number of members.
  public subscript(key: String) -> JSONValue? {
    get { positions[ExactKey(key)].map { members[$0].value } }
    set {
      switch (positions[ExactKey(key)], newValue) {
      case (let position?, let value?):
        members[position].value = value
      case (nil, let value?):
        append(key: key, value: value)
      case (let position?, nil):
        members.remove(at: position)
        positions = [:]
        for (position, member) in members.enumerated() {
          positions[ExactKey(member.key)] = position
        }
      case (nil, nil):
        break
      }
    }
  }

  /// Puts a member at the end; returns false, and changes nothing, when the key is taken.
  @discardableResult
  public mutating func append(key: String, value: JSONValue) -> Bool {
    let position = positions[ExactKey(key), default: members.count]
    guard position == members.count else { return false }
    positions[ExactKey(key)] = position
    members.append(Member(key: key, value: value))
    return true
  }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { members.count }
  public subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: Equatable {
  public static func == (first: JSONObject, second: JSONObject) -> Bool {
    first.members == second.members
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

/// A key that equals another only when their UTF-8 bytes do.
private struct ExactKey: Hashable {
  let key: String

  init(_ key: String) { self.key = key }

  static func == (first: ExactKey, second: ExactKey) -> Bool {
    first.key.utf8.elementsEqual(second.key.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in key.utf8 { hasher.combine(byte) }
  }
}
