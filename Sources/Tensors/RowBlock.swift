/// The suite's unit of work on a matrix: some whole rows.
///
/// Large enough that starting one costs nothing, small enough that a few per thread fit the caches
/// and the memory of any machine. Readers, encoders and the chunks of compressed bundles share it,
/// so that no chunk is decompressed twice.
public enum RowBlock {
  /// The values of one block, unless a single row has more.
  public static let valueCount = 1 << 19

  /// The values that are decoded and encoded at once: with their codes they stay in the second cache.
  public static let cachedValueCount = 1 << 15

  /// The rows of one block of a matrix with this many columns.
  public static func rowCount(columns: Int) -> Int {
    max(1, valueCount / max(1, columns))
  }
}
