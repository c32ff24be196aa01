public import Tensors

/// A weight source in memory.
public struct WeightsInMemory: WeightSource {
  public let origin: String
  public let weights: [WeightDescription]
  private let values: [String: [Float]]
  private let positions: [String: Int]

  /// Tensors with their values, said to be stored as float32.
  public init(_ tensors: [NamedTensor], origin: String = "memory") {
    self.origin = origin
    weights = tensors.map {
      WeightDescription(
        name: $0.name, shape: Shape($0.extents), encoding: "F32",
        storedByteCount: 4 * $0.values.count)
    }
    values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    positions = Self.positions(weights)
  }

  /// Weights that are only described: as large as any model, and nothing to decode.
  public init(described weights: [WeightDescription], origin: String = "memory") {
    self.origin = origin
    self.weights = weights
    values = [:]
    positions = Self.positions(weights)
  }

  private static func positions(_ weights: [WeightDescription]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: weights.enumerated().map { ($1.name, $0) })
  }

  public func weight(named name: String) -> WeightDescription? {
    positions[name].map { weights[$0] }
  }

  public func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws
  {
    guard let weight = weight(named: name), let values = values[name] else {
      preconditionFailure("\(origin) has no values of \(name)")
    }
    let columns = weight.shape.columns
    precondition(rows.upperBound <= weight.shape.rows && output.count == rows.count * columns)
    for index in 0..<output.count { output[index] = values[rows.lowerBound * columns + index] }
  }
}
