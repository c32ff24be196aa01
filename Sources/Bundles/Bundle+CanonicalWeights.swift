public import Families

extension Bundle {
  /// The bundle's tensors as the weights of the component in its header, none missing and no
  /// others.
  public func canonicalWeights() throws(FamilyFailure) -> CanonicalWeights {
    try CanonicalWeights(
      self,
      identity: Identity(
        of: header.configuration.family, written: header.layout, evidence: ["the bundle's header"]),
      configuration: header.configuration)
  }
}
