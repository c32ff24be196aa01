/// What a component is, and the names that say so.
public struct Identity: Hashable, Sendable {
  public let family: Family
  public let layout: Layout
  /// What stands before every name.
  public let prefix: String
  /// The names that decided.
  public let evidence: [String]

  public init(family: Family, layout: Layout, prefix: String, evidence: [String]) {
    self.family = family
    self.layout = layout
    self.prefix = prefix
    self.evidence = evidence
  }

  /// A component in a file of the suite's own, which has the prefix of its layout.
  public init(of family: Family, written layout: Layout, evidence: [String]) {
    self.init(
      family: family, layout: layout, prefix: layout == .comfyUI ? family.comfyPrefix : "",
      evidence: evidence)
  }

  /// Recognises every component among the names of a file: one, or several under prefixes of their
  /// own; none when nothing fits.
  ///
  /// A family fits when all names of its signature are there under one prefix, whatever it is.
  /// Families are tried from the most to the least specific, and no name decides twice.
  public static func all(of names: some Collection<String>) -> [Identity] {
    let present = Set(names)
    var identities: [Identity] = []
    var claimed: Set<String> = []
    for family in Family.all {
      for layout in family.distinctLayouts {
        let signature = family.signatureNames(in: layout)
        guard let first = signature.first else { continue }
        let prefixes = Set(names.compactMap { $0.prefix(beforeComponents: first) })
        for prefix in prefixes.sorted() {
          let evidence = signature.map { prefix + $0 }
          guard evidence.allSatisfy({ present.contains($0) && !claimed.contains($0) }) else {
            continue
          }
          claimed.formUnion(evidence)
          let isComfy = !prefix.isEmpty && prefix == family.comfyPrefix
          identities.append(
            Identity(
              family: family, layout: isComfy && layout != .diffusers ? .comfyUI : layout,
              prefix: prefix, evidence: evidence))
        }
      }
    }
    return identities
  }

  /// What has to be guessed for a `config.json` of this component, if nothing states it.
  public func assumption(beside others: [Identity]) -> String? {
    others.contains { family.settingsBeside[$0.family.id] != nil } ? nil : family.assumption
  }

  /// The names of a component: those under its prefix, but not under the longer prefix of another.
  public func names(
    among names: some Sequence<String>, beside others: [Identity]
  ) -> [String] {
    let nested = others.map(\.prefix).filter { $0.count > prefix.count && $0.hasPrefix(prefix) }
    return names.filter { name in
      name.hasPrefix(prefix) && !nested.contains(where: name.hasPrefix)
    }
  }
}

extension Family {
  /// The deciding names as a layout spells them, without a prefix.
  func signatureNames(in layout: Layout) -> [String] {
    signature.map { name in
      for row in sections.flatMap(\.rows) {
        // The index of a signature is that of the first block.
        guard Self.indexed(row.name, 0) == name else { continue }
        return spelled(name, Self.indexed(row.originalName, 0), in: layout)
      }
      preconditionFailure("\(id): its table has no \(name)")
    }
  }
}

extension String {
  /// What stands before an ending of whole components; nil when the string ends otherwise.
  fileprivate func prefix(beforeComponents ending: String) -> String? {
    guard hasSuffix(ending) else { return nil }
    let prefix = String(dropLast(ending.count))
    return prefix.isEmpty || prefix.hasSuffix(".") ? prefix : nil
  }
}
