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
  /// Where each segment begins in a resident file, in the order of `layout.segments`.
  public let offsets: [Int]

  public var byteCount: Int { layout.byteCount }

  /// Where a row of each segment begins in a resident file.
  func offsets(ofRow row: Int) -> [Int] {
    zip(offsets, layout.segments).map { $0 + row * $1.rowStride }
  }
}

/// Every byte of a bundle before the first is read.
///
/// A resident file is written to exactly these offsets. A compressed file has the same tensors in
/// the same order and is never longer.
public struct BundlePlan: Sendable {
  public let configuration: Configuration
  public let recipe: Recipe
  public let tensors: [PlannedTensor]
  /// Where the data end and the header begins.
  public let dataEnd: Int

  public init(_ assignment: Assignment, configuration: Configuration) {
    self.init(
      configuration: configuration, recipe: assignment.recipe,
      tensors: assignment.tensors.map { tensor in
        let encoding: BundleEncoding =
          switch tensor.treatment {
          case .keep: .plain(Self.keptType(of: tensor.weight))
          case .quantize(let scheme): .quantized(scheme)
          }
        return Entry(
          name: tensor.weight.name, shape: tensor.weight.shape, encoding: encoding,
          reason: tensor.reason, block: tensor.block)
      })
  }

  /// The plan of a bundle with the tensors of another, for storing it differently.
  public init(repacking header: BundleHeader) {
    let entries = header.blocks.flatMap { block in
      header.tensors[block.tensors].map { tensor in
        Entry(
          name: tensor.name, shape: tensor.shape, encoding: tensor.encoding, reason: "",
          block: block.name)
      }
    }
    self.init(
      configuration: header.configuration, recipe: header.recipe, tensors: entries)
  }

  private struct Entry {
    var name: String
    var shape: Shape
    var encoding: BundleEncoding
    var reason: String
    var block: String
  }

  private init(configuration: Configuration, recipe: Recipe, tensors entries: [Entry]) {
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
          reason: entry.reason, block: entry.block, offsets: offsets))
    }
    self.configuration = configuration
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
