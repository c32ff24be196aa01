/// What is known of a weight before it is read.
public struct WeightDescription: Hashable, Sendable {
  /// The weight's name in its file.
  public let name: String
  /// The shape of the values, whatever they are stored as.
  public let shape: Shape
  /// How the values are stored, for people: `BF16`, `int4 group 64 bf16`.
  public let encoding: String
  /// The bytes the file spends on it: codes, scales and zero points together.
  public let storedByteCount: Int
  /// Whether rows are compressed together, in chunks of about a `RowBlock`: then few of them take as
  /// long to decode as all.
  public let isCompressed: Bool

  public init(
    name: String, shape: Shape, encoding: String, storedByteCount: Int, isCompressed: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.encoding = encoding
    self.storedByteCount = storedByteCount
    self.isCompressed = isCompressed
  }

  /// The share of `storedByteCount` that some rows have; over disjoint ranges the shares sum to it.
  public func storedByteCount(of rows: Range<Int>) -> Int { share(of: rows, among: shape.rows) }

  /// The share that some slices have.
  public func storedByteCount(ofSlices slices: Range<Int>) -> Int {
    share(of: slices, among: shape.sliceCount)
  }

  private func share(of range: Range<Int>, among count: Int) -> Int {
    func before(_ index: Int) -> Int {
      let (quotient, remainder) = storedByteCount.quotientAndRemainder(dividingBy: count)
      return quotient * index + remainder * index / count
    }
    return count == 0 ? 0 : before(range.upperBound) - before(range.lowerBound)
  }

  /// The bits the file spends on each value.
  public var bitsPerWeight: Double {
    shape.count == 0 ? 0 : 8 * Double(storedByteCount) / Double(shape.count)
  }
}

extension Sequence<WeightDescription> {
  /// The bytes that all the weights take in their file.
  public var storedByteCount: Int { reduce(0) { $0 + $1.storedByteCount } }

  /// The values of all the weights.
  public var weightCount: Int { reduce(0) { $0 + $1.shape.count } }

  /// The bits spent on each value, over all the weights; 0 when there are none.
  public var bitsPerWeight: Double {
    weightCount == 0 ? 0 : 8 * Double(storedByteCount) / Double(weightCount)
  }
}

/// Named weights that decode to float32, whatever they are stored as.
///
/// The one noun for weights: the network, verification, quantization and every writer read through
/// it. A new file format is a new source, and at once everything can read and verify it.
///
/// Sources are read from several threads at once.
public protocol WeightSource: Sendable {
  /// Where the weights come from, for messages: a path.
  var origin: String { get }

  /// Every weight, in the order of the file.
  var weights: [WeightDescription] { get }

  /// The weight of that name, nil when there is none.
  func weight(named name: String) -> WeightDescription?

  /// Decodes rows of a weight's matrix view.
  ///
  /// `output` holds `rows.count × columns` values, row-major. Memory beyond it is bounded by a
  /// constant times its size. A missing name, rows outside the weight and an output of another size
  /// are broken contracts and trap; a file that cannot be read or holds no numbers throws.
  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws

  /// How the rows of a weight's matrix view lie in the file, one after the other; nil where that is
  /// not so or another way than those of `RowCoding`, and then `decode` is how to read them.
  func coding(of name: String) -> RowCoding?

  /// Reads the elements of rows as `coding(of:)` says they are.
  ///
  /// `codes` holds the elements of rows one after the other, `scales` their scales `[rows, groups]`:
  /// as many bytes and numbers for each row as the coding says. A weight without coding, rows outside
  /// of it and outputs of other sizes are broken contracts and trap; a file that cannot be read throws.
  func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>) throws
}

extension WeightSource {
  /// No weight is read without decoding.
  public func coding(of name: String) -> RowCoding? { nil }

  /// Traps.
  public func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    preconditionFailure("\(origin) has no coding of \(name)")
  }

  /// The values of some rows of a weight, row-major.
  public func values(of name: String, rows: Range<Int>) throws -> [Float] {
    guard let weight = weight(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    var values = [Float](repeating: 0, count: rows.count * weight.shape.columns)
    var span = values.mutableSpan
    try decode(name, rows: rows, into: &span)
    return values
  }

  /// Puts the values of some slices: rows of a matrix, elements of a vector.
  package func decode(
    _ name: String, slices: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let weight = weight(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    guard weight.shape.extents.count < 2 else {
      return try decode(name, rows: slices, into: &output)
    }
    let values = try values(of: name)
    for (place, index) in slices.enumerated() { output[place] = values[index] }
  }

  /// The values of some slices: rows of a matrix, elements of a vector.
  public func values(of name: String, slices: Range<Int>) throws -> [Float] {
    guard let weight = weight(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    guard weight.shape.extents.count < 2 else { return try values(of: name, rows: slices) }
    return Array(try values(of: name)[slices])
  }

  /// All values of a weight, row-major.
  public func values(of name: String) throws -> [Float] {
    guard let weight = weight(named: name) else {
      preconditionFailure("\(origin) has no weight \(name)")
    }
    return try values(of: name, rows: 0..<weight.shape.rows)
  }
}
