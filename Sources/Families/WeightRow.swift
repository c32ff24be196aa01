/// The order of a weight's rows in the original layout.
public enum RowOrder: Hashable, Sendable {
  /// The same.
  case same
  /// The second half before the first.
  case swappedHalves
}

/// When a weight is there; `i` is the index of its block.
enum Condition: Hashable, Sendable {
  /// When the size of that name is 1. What stands in a file decides it.
  case flag(String)
  /// In the first blocks: i < bound.
  case before(Extent)
  /// In the other blocks: i ≥ bound.
  case from(Extent)
  /// When two sizes differ.
  case differ(Extent, Extent)

  /// Whether it holds; nil while a size is unknown.
  func holds(_ sizes: [String: Int], index: Int) -> Bool? {
    switch self {
    case .flag(let name): sizes[name].map { $0 != 0 }
    case .before(let bound): bound.value(sizes).map { index < $0 }
    case .from(let bound): bound.value(sizes).map { index >= $0 }
    case .differ(let first, let second):
      if let first = first.value(sizes), let second = second.value(sizes) {
        first != second
      } else {
        nil
      }
    }
  }
}

/// One line of a family's table: a weight of a block, whose index is written `{i}`.
///
/// Weights with the same original name are parts of one tensor there, one after the other in the
/// order of the table.
struct WeightRow: Sendable {
  /// The name in the layout of diffusers or transformers, which is the suite's own.
  var name: String
  /// The name in the layout of the first publication.
  var originalName: String
  /// The shape, rows first.
  var shape: [Extent]
  var originalOrder = RowOrder.same
  /// The shape in the original layout where it has more axes; the values are the same.
  var originalShape: [Extent]?
  /// All must hold.
  var conditions: [Condition] = []

  init(
    _ name: String, original originalName: String? = nil, _ shape: [Extent],
    order originalOrder: RowOrder = .same, originalShape: [Extent]? = nil,
    when conditions: Condition...
  ) {
    self.name = name
    self.originalName = originalName ?? name
    self.shape = shape
    self.originalOrder = originalOrder
    self.originalShape = originalShape
    self.conditions = conditions
  }

  /// A copy that is there only when that holds too.
  func when(_ condition: Condition) -> WeightRow {
    var row = self
    row.conditions.append(condition)
    return row
  }

  /// The weight and the bias of a layer: `[outputs, inputs]` and `[outputs]`.
  ///
  /// Names go without `.weight`; `inputs` may have several axes, as a convolution's.
  static func layer(
    _ name: String, original originalName: String? = nil, _ outputs: Extent, _ inputs: Extent...,
    order: RowOrder = .same
  ) -> [WeightRow] {
    let originalName = originalName ?? name
    return [
      WeightRow(
        "\(name).weight", original: "\(originalName).weight", [outputs] + inputs, order: order),
      WeightRow("\(name).bias", original: "\(originalName).bias", [outputs], order: order),
    ]
  }

  /// The scale and the bias of a norm.
  static func norm(
    _ name: String, original originalName: String? = nil, _ size: Extent
  ) -> [WeightRow] {
    let originalName = originalName ?? name
    return [
      WeightRow("\(name).weight", original: "\(originalName).weight", [size]),
      WeightRow("\(name).bias", original: "\(originalName).bias", [size]),
    ]
  }
}

extension [WeightRow] {
  /// The rows, there only when that holds too.
  func when(_ condition: Condition) -> [WeightRow] { map { $0.when(condition) } }
}

/// A part of a network, perhaps repeated: its weights lie together and run together.
struct Section: Sendable {
  /// Its name in bundles and reports; with `{i}`, each repetition is a block of its own.
  var block: String
  /// How often it occurs.
  var count: Extent
  var rows: [WeightRow]

  init(_ block: String, count: Extent = 1, _ rows: [WeightRow]) {
    self.block = block
    self.count = count
    self.rows = rows
  }
}

extension WeightRow {
  /// Layers whose outputs are one layer in the original layout, one after the other: first all
  /// weights, then all biases, so that the parts of a tensor follow each other.
  static func joined(
    _ parts: [(name: String, outputs: Extent)], original originalName: String, _ inputs: Extent
  ) -> [WeightRow] {
    parts.map {
      WeightRow("\($0.name).weight", original: "\(originalName).weight", [$0.outputs, inputs])
    }
      + parts.map {
        WeightRow("\($0.name).bias", original: "\(originalName).bias", [$0.outputs])
      }
  }
}
