public import Checkpoints
public import Families
internal import Safetensors
internal import Storage
public import Tensors

/// Every tensor of the output with its source rows, its type and its file, before a weight is read.
public struct ConversionPlan: Sendable {
  public let layout: LayoutPlan
  /// The stored type of each target tensor.
  public let types: [ElementType]
  /// In the order in which they are written.
  public let files: [PlannedFile]
  /// Whether the output is a folder, with an index if it has several files.
  public let isFolder: Bool

  /// The type of the values of codes, which no layout here can hold, where none is asked for.
  public static let decodedType = ElementType.bfloat16

  /// Plans a conversion; without a type every tensor keeps its own, bit for bit, and codes with
  /// scales become `decodedType`.
  ///
  /// A path that ends in `.safetensors` is one file, any other a folder as diffusers has them. With
  /// a limit, tensors fill files in the order of execution; no tensor is cut.
  public init(
    _ checkpoint: Checkpoint, to layout: Layout, as type: ElementType?, output: String,
    maximumFileByteCount: Int?
  ) throws {
    self.layout = try LayoutPlan(checkpoint.weights, to: layout)
    isFolder = !output.hasSuffix(".safetensors")
    var types: [ElementType] = []
    var sizes: [Int] = []
    for tensor in self.layout.tensors {
      // Counters and other integers are no weights, whatever type these get.
      let isWeight = tensor.encodings.contains {
        ElementType(rawValue: $0)?.isFloatingPoint ?? true
      }
      let target =
        try (isWeight ? type : nil) ?? Self.storedType(of: tensor, in: checkpoint)
      guard
        tensor.runs.allSatisfy({ Self.holdsRealNumbers($0.source, checkpoint) }),
        let size = target.byteCount(of: tensor.shape.count),
        target.byteCount(of: tensor.shape.sliceSize) != nil
      else {
        throw ConversionFailure.cannotConvert(
          origin: checkpoint.path, tensor: tensor.name,
          type: tensor.encodings.joined(separator: ", "))
      }
      types.append(target)
      sizes.append(size)
    }
    self.types = types
    files = try PlannedFile.files(
      names: self.layout.tensors.map(\.name), sizes: sizes,
      stem: isFolder
        ? checkpoint.configuration.family.fileStem
        : String(FileSystem.name(of: output).dropLast(".safetensors".count)),
      limit: maximumFileByteCount)
  }

  /// The most memory that a conversion takes, in bytes, whatever the size of the checkpoint:
  ///
  ///     64 MiB + 4 KiB × tensors + threads × 16 bytes × the values of a block of rows
  ///
  /// The first term is the program with its libraries, the second the headers. Of a block each value
  /// is held as stored (8 bytes at most), as float32 where it is cast, and as output.
  public func peakMemoryByteCount(threads: Int) -> Int {
    let longestRow = layout.tensors.map(\.shape.sliceSize).max() ?? 0
    let blockValues = max(RowBlock.valueCount, longestRow)
    return 64 << 20 + (layout.tensors.count << 12) + threads * 16 * blockValues
  }

  private static func holdsRealNumbers(_ source: String, _ checkpoint: Checkpoint) -> Bool {
    checkpoint.source.plainType(of: source)?.isReal ?? true
  }

  /// The one type that all parts of a tensor have.
  private static func storedType(
    of tensor: TargetTensor, in checkpoint: Checkpoint
  ) throws(ConversionFailure) -> ElementType {
    var rowCounts: [(type: ElementType, rows: Int)] = []
    func type(of source: String) -> ElementType {
      checkpoint.source.plainType(of: source) ?? decodedType
    }
    for run in tensor.runs {
      let type = type(of: run.source)
      if let index = rowCounts.firstIndex(where: { $0.type == type }) {
        rowCounts[index].rows += run.rows.count
      } else {
        rowCounts.append((type, run.rows.count))
      }
    }
    let usual = rowCounts.max { $0.rows < $1.rows }?.type ?? decodedType
    var found = [usual.rawValue]
    for run in tensor.runs where type(of: run.source) != usual {
      let text = "\(type(of: run.source).rawValue) in \"\(run.source)\""
      if !found.contains(text) { found.append(text) }
    }
    guard found.count == 1 else {
      throw .mixedTypes(origin: checkpoint.path, target: tensor.name, found: found)
    }
    return usual
  }

  /// The bytes of all tensors.
  public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
}
