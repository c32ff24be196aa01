public import Tensors

/// The weights that a published model has, without their values: for sizes and plans.
public struct PublishedWeights: WeightSource {
  public let origin: String
  public let weights: [WeightDescription]

  /// The weights of a variant as they are published, in bfloat16.
  public init(_ variant: Variant, of family: Family) {
    origin = variant.title
    weights = family.weights(sizes: variant.sizes).map {
      WeightDescription(
        name: $0.name, shape: $0.shape, encoding: ElementType.bfloat16.rawValue,
        storedByteCount: 2 * $0.shape.count)
    }
  }

  public func weight(named name: String) -> WeightDescription? { weights.first { $0.name == name } }

  /// Traps: there are no values.
  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    preconditionFailure("\(origin): the values of \(name) are not here")
  }
}

extension CanonicalWeights {
  /// The weights of a published model, without their values.
  public init(_ variant: Variant, of family: Family) throws(FamilyFailure) {
    try self.init(
      PublishedWeights(variant, of: family),
      identity: Identity(family: family, layout: .diffusers, prefix: "", evidence: []),
      configuration: variant.configuration(of: family))
  }
}
