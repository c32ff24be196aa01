public import StrictJSON
public import Tensors

extension Configuration {
  /// Reads the configuration off a checkpoint: what its `config.json` states, the rest from the
  /// shapes of its weights, what neither tells from the published models.
  ///
  /// Counts are the highest block index plus one, flags whether the weight is there, and other
  /// sizes the solutions of the shapes in the family's table, which are linear in them. `others` are
  /// the components that share the file; they may tell what an autoencoder's weights do not.
  public init(
    of source: any WeightSource, identity: Identity, stated document: JSONField? = nil,
    beside others: [Identity] = []
  ) throws {
    let family = identity.family
    let stated = try document.map { try StatedConfiguration($0, of: family) }
    var solver = SizeSolver(
      family: family, stated: stated ?? StatedConfiguration(),
      names: LayoutNames(identity, in: source))
    try solver.solve()
    if let name = solver.unsolved { throw solver.failure(name, origin: source.origin) }
    let sizes = solver.sizes
    var settings = stated?.settings ?? [:]
    for other in others {
      settings.merge(family.settingsBeside[other.family.id] ?? [:]) { stated, _ in stated }
    }
    for setting in family.settings where settings[setting.name] == nil {
      settings[setting.name] = setting.published(sizes)
    }
    self.init(family: family, sizes: sizes, settings: settings)
    try check(origin: document?.document ?? source.origin)
  }
}
