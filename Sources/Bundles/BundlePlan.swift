public import Families
public import Recipes
public import Tensors

/// One tensor of the file to be written.
public struct PlannedTensor: Hashable, Sendable {
  public let name: String
  public let shape: Shape
  public let encoding: BundleEncoding
  public let layout: TensorLayout
  /// Why it is stored that way.
  public let reason: String
  public let block: String
  /// The rows of the source that it is made of.
  public let runs: [RowRun]
  /// Where each segment begins in a resident file, in the order of `layout.segments`.
  public let offsets: [Int]

  public var byteCount: Int { layout.byteCount }

  /// Where a row of each segment begins in a resident file.
  func offsets(ofRow row: Int) -> [Int] {
    zip(offsets, layout.segments).map { $0 + row * $1.rowStride }
  }

  /// The tensor with the bytes that its rows take in their source.
  func weight(madeOf source: some WeightSource) -> WeightDescription {
    WeightDescription(
      name: name, shape: shape, encoding: encoding.description,
      storedByteCount: runs.reduce(0) { sum, run in
        sum + (source.weight(named: run.source)?.storedByteCount(ofSlices: run.rows) ?? 0)
      })
  }
}

/// Every byte of a bundle before the first is read.
///
/// A resident file is written to exactly these offsets. A compressed file has the same tensors in
/// the same order and is never longer.
public struct BundlePlan: Sendable {
  public let configuration: Configuration
  /// Whose names, rows and shapes the tensors get.
  public let layout: Layout
  public let recipe: Recipe
  public let tensors: [PlannedTensor]
  /// Where the data end and the header begins.
  public let dataEnd: Int

  /// The plan of quantizing a checkpoint.
  ///
  /// A recipe speaks of weights by the suite's own names; throws when it treats parts of one tensor
  /// of the layout differently.
  public init(
    _ assignment: Assignment, configuration: Configuration, layout: Layout = .diffusers
  ) throws(BundleFailure) {
    let assigned = Dictionary(
      uniqueKeysWithValues: assignment.tensors.map { ($0.weight.name, $0) })
    var entries: [Entry] = []
    for tensor in configuration.tensors(in: layout) {
      let parts = tensor.runs.compactMap { assigned[$0.source] }
      let encodings = parts.map(Self.encoding)
      guard let encoding = encodings.first, encodings.allSatisfy({ $0 == encoding }) else {
        throw .mixedTreatment(
          recipe: assignment.recipe.name, tensor: tensor.name,
          parts: zip(parts, encodings).map { part, encoding in
            Self.account(of: part, encoding, by: assignment.recipe)
          })
      }
      let reasons = parts.map(\.reason).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      entries.append(
        Entry(
          name: tensor.name, shape: tensor.shape, encoding: encoding,
          reason: reasons.joined(separator: "; "), block: tensor.block, runs: tensor.runs))
    }
    self.init(
      configuration: configuration, layout: layout, recipe: assignment.recipe, tensors: entries)
  }

  private static func encoding(of tensor: AssignedTensor) -> BundleEncoding {
    switch tensor.treatment {
    case .keep: .plain(keptType(of: tensor.weight))
    case .quantize(let scheme): .quantized(scheme)
    }
  }

  /// How a part of a fused tensor would be stored, and which rule says so.
  private static func account(
    of part: AssignedTensor, _ encoding: BundleEncoding, by recipe: Recipe
  ) -> String {
    let rule = recipe.decidingRule(for: part.weight.name).map { recipe.rules[$0].match }
    return "\"\(part.weight.name)\" as \(encoding) by "
      + (rule.map { "rule \"\($0)\"" } ?? "no rule")
  }

  /// The plan of a bundle with the tensors of another, for storing it differently.
  public init(repacking header: BundleHeader) {
    let entries = header.blocks.flatMap { block in
      header.tensors[block.tensors].map { tensor in
        Entry(
          name: tensor.name, shape: tensor.shape, encoding: tensor.encoding, reason: "",
          block: block.name,
          runs: [RowRun(source: tensor.name, rows: 0..<tensor.shape.sliceCount)])
      }
    }
    self.init(
      configuration: header.configuration, layout: header.layout, recipe: header.recipe,
      tensors: entries)
  }

  /// The plan of a bundle with the rows of another in other tensors.
  ///
  /// Throws when parts that become one tensor are stored differently.
  init(relaying bundle: Bundle, as target: LayoutPlan) throws(BundleFailure) {
    var entries: [Entry] = []
    for tensor in target.tensors {
      let encodings = tensor.runs.compactMap { bundle.tensor(named: $0.source)?.encoding }
      guard let encoding = encodings.first, encodings.allSatisfy({ $0 == encoding }) else {
        throw .mixedEncodings(path: bundle.path, tensor: tensor.name, found: tensor.encodings)
      }
      entries.append(
        Entry(
          name: tensor.name, shape: tensor.shape, encoding: encoding, reason: "",
          block: tensor.block, runs: tensor.runs))
    }
    self.init(
      configuration: bundle.header.configuration, layout: target.layout,
      recipe: bundle.header.recipe, tensors: entries)
  }

  private struct Entry {
    var name: String
    var shape: Shape
    var encoding: BundleEncoding
    var reason: String
    var block: String
    var runs: [RowRun]
  }

  private init(
    configuration: Configuration, layout: Layout, recipe: Recipe, tensors entries: [Entry]
  ) {
    var offset = BundleFormat.preludeByteCount
    var block: String?
    var tensors: [PlannedTensor] = []
    for entry in entries {
      if entry.block != block {
        offset = BundleFormat.aligned(offset, to: BundleFormat.blockAlignment)
        block = entry.block
      }
      guard let layout = TensorLayout(shape: entry.shape, encoding: entry.encoding) else {
        preconditionFailure("\(entry.name): a tensor that was read has a size that overflows")
      }
      var offsets: [Int] = []
      for segment in layout.segments {
        offset = BundleFormat.aligned(offset, to: BundleFormat.segmentAlignment)
        offsets.append(offset)
        offset += layout.rows * segment.rowStride
      }
      tensors.append(
        PlannedTensor(
          name: entry.name, shape: entry.shape, encoding: entry.encoding, layout: layout,
          reason: entry.reason, block: entry.block, runs: entry.runs, offsets: offsets))
    }
    self.configuration = configuration
    self.layout = layout
    self.recipe = recipe
    self.tensors = tensors
    dataEnd = offset
  }

  /// Types of up to 32 bits are decoded and encoded again without loss; wider ones become F32.
  ///
  /// Codes with scales, whose encoding is no type, become BF16, as in conversion: that moves a value
  /// by at most 1/32 of the step of an FP8 code, and 1/4 of the step of the largest int8 codes.
  private static func keptType(of weight: WeightDescription) -> ElementType {
    switch ElementType(rawValue: weight.encoding) {
    case nil, .bfloat16, .float8E4M3, .float8E5M2, .float8E4M3Fnuz, .float8E5M2Fnuz: .bfloat16
    case .float16: .float16
    default: .float32
    }
  }
}

/// What a plan costs.
extension BundlePlan {
  /// The bytes of all tensors, scales and zero points included.
  public var weightByteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The values of all tensors.
  public var weightCount: Int { tensors.reduce(0) { $0 + $1.shape.count } }

  public var bitsPerWeight: Double {
    weightCount == 0 ? 0 : 8 * Double(weightByteCount) / Double(weightCount)
  }

  /// The bytes that the disk must have free: the data and a header, whose length is bounded by a
  /// kibibyte for each tensor, its chunks and the fixed part.
  public var diskByteCount: Int {
    dataEnd + 1024 * (tensors.count + 64) + 64 * (weightCount / RowBlock.valueCount + tensors.count)
  }

  /// The most memory that writing the bundle takes, in bytes, whatever the size of the checkpoint:
  ///
  ///     64 MiB + 4 KiB × tensors + threads × 2 blocks × 16 bytes × the values of a block
  ///
  /// The first term is the program with its libraries, the second the headers. A block has
  /// `RowBlock.valueCount` values, or one row if that is longer; each value is held as stored
  /// (4 bytes at most), as float32, as output (4 at most) and compressed (4 at most).
  public func peakMemoryByteCount(threads: Int) -> Int {
    let longestRow = tensors.map(\.shape.columns).max() ?? 0
    let blockValues = max(RowBlock.valueCount, longestRow)
    return 64 << 20 + (tensors.count << 12) + threads * Self.blocksPerThread * 16 * blockValues
  }

  /// A thread that ends its block early has another to go on with.
  static let blocksPerThread = 2
}
