public import Checkpoints
public import Families
internal import Safetensors
internal import Storage
public import Tensors

/// One safetensors file of the output.
public struct PlannedFile: Hashable, Sendable {
  public let name: String
  /// Positions in the plan's list of tensors.
  public let tensors: [Int]
  public let byteCount: Int
}

/// Every tensor of the output with its source rows, its type and its file, before a weight is read.
public struct ConversionPlan: Sendable {
  public let layout: LayoutPlan
  /// The stored type of each target tensor.
  public let types: [ElementType]
  /// In the order in which they are written.
  public let files: [PlannedFile]
  /// Whether the output is a folder, with an index if it has several files.
  public let isFolder: Bool

  /// Plans a conversion; without a type every tensor keeps its own, bit for bit.
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
      let stored = tensor.encodings.compactMap(ElementType.init(rawValue:))
      // Counters and other integers are not weights, whatever type these get.
      let isCast = type != nil && stored.contains { $0.isFloatingPoint }
      let target =
        try (isCast ? type : nil) ?? Self.storedType(of: tensor, origin: checkpoint.path)
      guard tensor.encodings.allSatisfy({ ElementType(rawValue: $0)?.isReal ?? false }),
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
    files = try Self.files(
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

  /// The one type that all parts of a tensor have.
  private static func storedType(
    of tensor: TargetTensor, origin: String
  ) throws(ConversionFailure) -> ElementType {
    guard tensor.encodings.count == 1, let type = ElementType(rawValue: tensor.encodings[0]) else {
      throw .mixedTypes(origin: origin, target: tensor.name, found: tensor.encodings)
    }
    return type
  }

  /// The bytes of all tensors.
  public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  private static func files(
    names: [String], sizes: [Int], stem: String, limit: Int?
  ) throws(ConversionFailure) -> [PlannedFile] {
    var groups: [(tensors: [Int], byteCount: Int)] = []
    for (index, size) in sizes.enumerated() {
      if let limit, size > limit {
        throw .shardTooSmall(limit: limit, tensor: names[index], byteCount: size)
      }
      if let last = groups.last, last.byteCount + size <= limit ?? .max {
        groups[groups.count - 1] = (last.tensors + [index], last.byteCount + size)
      } else {
        groups.append(([index], size))
      }
    }
    return groups.enumerated().map { index, group in
      let number = groups.count == 1 ? "" : "-\(padded(index + 1))-of-\(padded(groups.count))"
      return PlannedFile(
        name: "\(stem)\(number).safetensors", tensors: group.tensors, byteCount: group.byteCount)
    }
  }

  /// Five digits, as in the names of shards everywhere.
  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
