public import Tensors

/// One weight of a network: its names, and its shape in each layout.
public struct ComponentWeight: Hashable, Sendable {
  /// The name in the layout of diffusers or transformers, which is the suite's own.
  public let name: String
  /// The name in the layout of the first publication. Weights with the same one are its rows, one
  /// after the other.
  public let originalName: String
  public let originalOrder: RowOrder
  public let shape: Shape
  /// The shape in the original layout, before parts are joined.
  public let originalShape: Shape
  /// The part of the network that runs it.
  public let block: String
}

extension Family {
  /// Every weight of a network with these sizes, in the order of execution.
  ///
  /// Every size must be known, as `Configuration` guarantees; a missing one traps.
  public func weights(sizes: [String: Int]) -> [ComponentWeight] {
    rows(sizes: sizes).map { row, block, index in
      func shape(_ extents: [Extent]) -> Shape {
        Shape(
          extents.map { extent in
            guard let value = extent.value(sizes) else {
              preconditionFailure("\(id): \(row.name) has a size that is not known")
            }
            return value
          })
      }
      return ComponentWeight(
        name: Self.indexed(row.name, index), originalName: Self.indexed(row.originalName, index),
        originalOrder: row.originalOrder, shape: shape(row.shape),
        originalShape: shape(row.originalShape ?? row.shape), block: block)
    }
  }

  /// The parts of a network, in the order of execution.
  public func blocks(sizes: [String: Int]) -> [String] {
    rows(sizes: sizes).reduce(into: []) { if $0.last != $1.block { $0.append($1.block) } }
  }

  /// The rows that are there, with their blocks and indices; an unknown count or condition is taken
  /// for absent.
  func rows(sizes: [String: Int]) -> [(row: WeightRow, block: String, index: Int)] {
    sections.flatMap { section in
      (0..<max(0, section.count.value(sizes) ?? 0)).flatMap { index in
        section.rows.compactMap { row in
          let isThere = row.conditions.allSatisfy { $0.holds(sizes, index: index) ?? false }
          return isThere ? (row, Self.indexed(section.block, index), index) : nil
        }
      }
    }
  }

  static func indexed(_ name: String, _ index: Int) -> String {
    name.contains("{i}") ? name.replacing("{i}", with: String(index)) : name
  }
}
