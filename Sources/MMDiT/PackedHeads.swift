internal import Operations
internal import Parallel

/// The keys and values of every head of one input, in panels, in the order of its sequence.
struct PackedHeads: Sendable {
  /// S, the length of the sequence.
  let count: Int
  private let headCount: Int
  /// The values of one head's keys `[S, K]`, and of its values `[S, K]`, with unused lanes.
  private let keySize: Int
  private let valueSize: Int
  /// For each head its keys, then its values, from the first line of the caches on.
  let panels: [Float]
  private let firstHead: Int

  init(
    _ attention: Attention, _ projected: Matrix, _ input: StackedTokens.Rows, text: HeadNorms,
    image: HeadNorms, workspace: inout Workspace
  ) throws {
    let headSize = attention.headSize
    count = input.count
    headCount = attention.headCount
    let format = attention.format
    keySize = Panels.size(
      of: input.count, lanes: Panels.columns, depth: headSize, format)
    valueSize = Panels.size(
      of: headSize, lanes: Panels.columns, depth: input.count, format)
    let (keySize, size) = (keySize, keySize + valueSize)
    var panels = workspace.values(cacheLineValues + attention.headCount * size)
    var all = panels.mutableSpan
    firstHead = valuesBeforeLine(all)
    var span = all._mutatingExtracting(firstHead..<firstHead + attention.headCount * size)
    try DisjointRows.lend(&span, columns: size) { heads in
      try forEachChunk(of: attention.headCount, chunk: 1, threads: attention.threads) { head in
        heads.withRows(head) { panels in
          let head = head.lowerBound
          do {
            var keys = panels._mutatingExtracting(first: keySize)
            Self.packKeys(attention, projected, input, head, text, image, into: &keys)
          }
          var values = panels._mutatingExtracting(droppingFirst: keySize)
          Self.packValues(attention, projected, input, head, into: &values)
        }
      }
    }
    self.panels = panels
  }

  private static func packKeys(
    _ attention: Attention, _ projected: Matrix, _ input: StackedTokens.Rows, _ head: Int,
    _ text: HeadNorms, _ image: HeadNorms, into panels: inout MutableSpan<Float>
  ) {
    let headSize = attention.headSize
    let column = (attention.headCount + head) * headSize
    var keys = [Float](repeating: 0, count: Panels.columns * headSize)
    var position = 0
    for (part, norms) in [(input.text, text), (input.image, image)] {
      for first in stride(from: part.lowerBound, to: part.upperBound, by: Panels.columns) {
        let rows = first..<min(first + Panels.columns, part.upperBound)
        attention.prepare(rows, projected, column: column, norms.key, into: &keys)
        let span = keys.span
        Panels.pack(
          span, MatrixPlace(stride: headSize), rows: rows.count, depth: headSize,
          in: attention.format, into: &panels, first: position, lanes: Panels.columns)
        position += rows.count
      }
    }
  }

  private static func packValues(
    _ attention: Attention, _ projected: Matrix, _ input: StackedTokens.Rows, _ head: Int,
    into panels: inout MutableSpan<Float>
  ) {
    let headSize = attention.headSize
    let column = (2 * attention.headCount + head) * headSize
    // [S, K]: text and image rows lie apart in the matrix.
    var values: [Float] = []
    values.reserveCapacity(input.count * headSize)
    for part in [input.text, input.image] {
      for row in part {
        let first = row * projected.columns + column
        values += projected.values[first..<first + headSize]
      }
    }
    Panels.packColumns(
      values.span, MatrixPlace(stride: headSize), depth: input.count, columns: headSize,
      in: attention.format, into: &panels)
  }

  /// The panels of one head's keys, `[S, K]`: the right factor of the scores.
  @_lifetime(borrow self)
  func keys(of head: Int) -> Span<Float> {
    let first = firstHead + head * (keySize + valueSize)
    return panels.span.extracting(first..<first + keySize)
  }

  /// The panels of one head's values, `[K, S]`: the right factor of the attended values.
  @_lifetime(borrow self)
  func values(of head: Int) -> Span<Float> {
    let first = firstHead + head * (keySize + valueSize) + keySize
    return panels.span.extracting(first..<first + valueSize)
  }
}
