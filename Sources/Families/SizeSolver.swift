internal import StrictJSON
internal import Tensors

/// Finds sizes step by step until nothing new follows.
struct SizeSolver {
  private let family: Family
  var names: LayoutNames
  private var ratios: [(name: String, other: String, ratio: Double, field: JSONField)]
  private(set) var sizes: [String: Int]

  init(family: Family, stated: StatedConfiguration, names: LayoutNames) {
    self.family = family
    self.names = names
    ratios = stated.ratios
    sizes = stated.sizes
  }

  /// Solves for every size.
  mutating func solve() throws {
    solveCountsAndFlags()
    try solveSizes()
  }

  /// Solves for what is no count and no flag.
  mutating func solveSizes() throws {
    var known = -1
    while sizes.count > known {
      known = sizes.count
      // What is stated comes first, so that a shape that contradicts it is found.
      solveProducts()
      try solveRatios()
      solveShapes()
      if sizes.count == known {
        // Only what nothing else tells.
        for (name, size) in family.defaultSizes where sizes[name] == nil { sizes[name] = size }
      }
    }
  }

  /// The first size that is not known, nil when all are.
  var unsolved: String? { family.sizes.first { sizes[$0] == nil } }

  /// Why a size is not known: the tensor that tells it is missing, or numbers contradict each other.
  func failure(_ name: String, origin: String) -> FamilyFailure {
    let row = family.sections.flatMap(\.rows).first { row in
      row.shape.contains { $0.names.contains(name) }
    }
    if let row {
      let tensor = names.name(of: row, index: 0)
      guard let found = names.shape(of: row, index: 0) else {
        return .missing(origin: origin, names: [tensor])
      }
      return .badConfiguration(
        origin: origin,
        reason: "tensor \"\(tensor)\": expected a shape of \(row.shape.count) axes that tells "
          + "\(name), found \(found)")
    }
    func value(_ name: String) -> String { sizes[name].map { String($0) } ?? "an unknown size" }
    let product = family.products.first { $0.factors.0 == name || $0.factors.1 == name }
    guard let (product, (first, second)) = product else {
      return .badConfiguration(
        origin: origin, reason: "expected shapes that tell \(name), found none")
    }
    return .badConfiguration(
      origin: origin,
      reason: "expected \(product) = \(first) × \(second), found \(value(product)) = "
        + "\(value(first)) × \(value(second))")
  }

  /// Reads off the names what they tell.
  mutating func solveCountsAndFlags() {
    for section in family.sections {
      if section.count.value(sizes) == nil,
        let (name, size) = section.count.solved(for: names.count(of: section.rows), sizes),
        // Of a part that is not there the published models tell how large it would be.
        size > 0 || family.defaultSizes[name] == nil
      {
        sizes[name] = size
      }
      for row in section.rows {
        for condition in row.conditions {
          switch condition {
          case .flag(let name) where sizes[name] == nil:
            sizes[name] = names.shape(of: row, index: 0) == nil ? 0 : 1
          case .before(let bound):
            // How many blocks have it tells the bound, unless others have another row of its name.
            if row.conditions.count == 1, section.rows.count(where: { $0.name == row.name }) == 1,
              let name = bound.names.first, sizes[name] == nil,
              let (_, size) = bound.solved(for: names.count(of: [row]), sizes)
            {
              sizes[name] = size
            }
          default: break
          }
        }
      }
    }
  }

  private mutating func solveShapes() {
    for section in family.sections {
      let count = section.count.value(sizes) ?? 0
      guard count > 0 else { continue }
      // Rows of the first block and of the last tell all that blocks tell.
      for index in Set([0, count - 1]).sorted() {
        for (row, _, expected) in tensors(of: section, index: index) {
          guard let found = names.shape(of: row, index: index)?.extents,
            found.count == expected.count
          else { continue }
          for (extent, length) in zip(expected, found) {
            if let (name, size) = extent.solved(for: length, sizes) { sizes[name] = size }
          }
        }
      }
    }
  }

  /// The tensors of the layout that are known to be there: the row that names each, and its shape.
  var tensors: [(row: WeightRow, index: Int, shape: [Extent])] {
    family.sections.flatMap { section in
      (0..<max(0, section.count.value(sizes) ?? 0)).flatMap { tensors(of: section, index: $0) }
    }
  }

  private func tensors(
    of section: Section, index: Int
  ) -> [(row: WeightRow, index: Int, shape: [Extent])] {
    let isOriginal = family.usesOriginalTensors(names.layout)
    let rows = section.rows.filter { row in
      row.conditions.allSatisfy { $0.holds(sizes, index: index) ?? false }
    }
    var tensors: [(row: WeightRow, index: Int, shape: [Extent])] = []
    for row in rows {
      // Parts of one tensor of the original layout follow each other.
      if isOriginal, let last = tensors.last, last.row.originalName == row.originalName {
        tensors[tensors.count - 1].shape[0] = last.shape[0] + row.shape[0]
      } else {
        tensors.append((row, index, isOriginal ? row.originalShape ?? row.shape : row.shape))
      }
    }
    return tensors
  }

  private mutating func solveProducts() {
    for (product, (first, second)) in family.products {
      switch (sizes[product], sizes[first], sizes[second]) {
      case (nil, let one?, let other?):
        let (size, overflow) = one.multipliedReportingOverflow(by: other)
        if !overflow, size <= Extent.largest { sizes[product] = size }
      case (let size?, nil, nil) where first == second:
        sizes[first] = Int(Double(size).squareRoot())
      case (let size?, nil, let other?) where other > 0: sizes[first] = size / other
      case (let size?, let one?, nil) where one > 0: sizes[second] = size / one
      default: break
      }
    }
  }

  private mutating func solveRatios() throws {
    for (name, other, ratio, field) in ratios {
      guard let second = sizes[other] else { continue }
      let product = Double(second) * ratio
      guard product >= 1, product <= Double(Extent.largest) else {
        throw field.failure(
          expected: "a ratio that makes 1 to \(Extent.largest) of \(second)", found: "\(ratio)")
      }
      let stated = Int(product)
      let size = sizes[name] ?? stated
      guard size == stated else {
        throw field.failure(
          expected: "\(size) / \(second), as the weights have", found: "\(ratio)")
      }
      sizes[name] = size
    }
  }
}
