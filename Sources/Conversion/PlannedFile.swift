package import StrictJSON

/// One file of weights of the output.
public struct PlannedFile: Hashable, Sendable {
  public let name: String
  /// Positions in the plan's list of tensors.
  public let tensors: [Int]
  public let byteCount: Int

  package init(name: String, tensors: [Int], byteCount: Int) {
    self.name = name
    self.tensors = tensors
    self.byteCount = byteCount
  }
}

extension PlannedFile {
  /// Fills files with tensors in their order; with a limit, another file begins before it is passed.
  ///
  /// Names are those of shards everywhere: `model-00001-of-00003.safetensors`, without numbers when
  /// there is one file.
  package static func files(
    names: [String], sizes: [Int], stem: String, limit: Int?
  ) throws(ConversionFailure) -> [PlannedFile] {
    var groups: [(tensors: [Int], byteCount: Int)] = []
    for (index, size) in sizes.enumerated() {
      if let limit, size > limit {
        throw .shardTooSmall(limit: limit, tensor: names[index], byteCount: size)
      }
      if let last = groups.last, last.byteCount + size <= limit ?? .max {
        groups[groups.count - 1] = (last.tensors + [index], last.byteCount + size)
      } else {
        groups.append(([index], size))
      }
    }
    return groups.enumerated().map { index, group in
      let number = groups.count == 1 ? "" : "-\(padded(index + 1))-of-\(padded(groups.count))"
      return PlannedFile(
        name: "\(stem)\(number).safetensors", tensors: group.tensors, byteCount: group.byteCount)
    }
  }

  /// The index of sharded weights: which file has which tensor, by name.
  package static func index(
    byteCount: Int, places: [(tensor: String, file: String)],
    metadata: [(String, JSONValue)] = []
  ) -> JSONValue {
    [
      "metadata": .object(
        JSONObject([("total_size", .init(byteCount))] + metadata)),
      "weight_map": .object(
        JSONObject(
          places.sorted { $0.tensor < $1.tensor }.map { ($0.tensor, JSONValue($0.file)) })),
    ]
  }

  /// Five digits, as in the names of shards everywhere.
  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
