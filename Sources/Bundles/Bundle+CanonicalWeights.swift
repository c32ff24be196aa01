public import Families

extension Bundle {
  /// The bundle's tensors as the weights of the component in its header, none missing and no
  /// others.
  public func canonicalWeights() throws(FamilyFailure) -> CanonicalWeights {
    try CanonicalWeights(
      self,
      identity: Identity(
        family: header.configuration.family, layout: .diffusers, prefix: "",
        evidence: ["the bundle's header"]),
      configuration: header.configuration)
  }
}
