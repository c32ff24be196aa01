public import Families
public import StrictJSON
public import Tensors

/// A source in which a test expected one component.
public struct ComponentCountError: Error, CustomStringConvertible {
  public let origin: String
  public let found: [Identity]

  public var description: String {
    "\(origin): expected one component, found \(found.map(\.family.title))"
  }
}

extension WeightSource {
  /// What the names say the one component of this source is.
  public func identity() throws -> Identity {
    let identities = Identity.all(of: weights.map(\.name))
    guard identities.count == 1 else {
      throw ComponentCountError(origin: origin, found: identities)
    }
    return identities[0]
  }

  /// The one component of this source with the configuration that a `config.json`, its names and
  /// its shapes give.
  public func component(stated document: JSONField? = nil) throws -> CanonicalWeights {
    let identity = try identity()
    return try CanonicalWeights(
      self, identity: identity,
      configuration: Configuration(of: self, identity: identity, stated: document))
  }
}
