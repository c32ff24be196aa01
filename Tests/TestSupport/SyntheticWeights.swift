public import Families
public import Tensors

/// A whole FLUX.2 network in memory, with weights of any values, for tests that need no file.
public struct SyntheticWeights: WeightSource {
  public let origin = "synthetic network"
  public let weights: [WeightDescription]
  private let values: [String: [Float]]

  /// Two heads of 16, one double and two single blocks.
  public static let smallConfiguration = Flux2Configuration(
    headCount: 2, headSize: 16, doubleBlockCount: 1, singleBlockCount: 2, textSize: 24,
    inputChannels: 8, outputChannels: 8, feedForwardSize: 48, rotaryAxes: [4, 4, 4, 4],
    rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 32, hasGuidance: false)

  /// Random values in −1…1 that are exact in the stored type.
  public init(
    _ configuration: Flux2Configuration = smallConfiguration,
    storedAs type: ElementType = .bfloat16,
    seed: UInt64 = 1
  ) {
    var generator = SeededGenerator(seed: seed)
    var values: [String: [Float]] = [:]
    weights = configuration.component.weights.map { weight in
      values[weight.name] = (0..<weight.shape.count).map { _ in
        // Seven bits of fraction are exact in every type that weights are stored in.
        Float(Int.random(in: -127...127, using: &generator)) / 128
      }
      return WeightDescription(
        name: weight.name, shape: weight.shape, encoding: type.rawValue,
        storedByteCount: weight.shape.count * type.bitWidth / 8)
    }
    self.values = values
  }

  private init(weights: [WeightDescription], values: [String: [Float]]) {
    self.weights = weights
    self.values = values
  }

  /// The same network with one value changed.
  public func replacing(_ name: String, at index: Int, with value: Float) -> SyntheticWeights {
    var values = values
    values[name]?[index] = value
    return SyntheticWeights(weights: weights, values: values)
  }

  /// The network's weights by their names in the diffusers layout.
  public func canonical(
    _ configuration: Flux2Configuration = smallConfiguration
  ) throws -> CanonicalWeights {
    try CanonicalWeights(
      self,
      identity: Identity(family: .flux2, layout: .diffusers, prefix: "", evidence: []),
      configuration: configuration.component)
  }

  public func weight(named name: String) -> WeightDescription? {
    weights.first { $0.name == name }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let all = values[name], let columns = weight(named: name)?.shape.columns else {
      preconditionFailure("no weight \(name)")
    }
    for index in output.indices { output[index] = all[rows.lowerBound * columns + index] }
  }
}
