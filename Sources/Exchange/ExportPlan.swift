internal import Bundles
internal import Codecs
public import Conversion
public import Families
internal import GGUF
internal import Quantization
internal import Recipes
public import Tensors

/// One weight of the output.
public struct ExportTensor: Sendable {
  /// Where its bytes come from.
  public enum Source: Hashable, Sendable {
    /// The values of the input.
    case values
    /// The codes of the bundle, moved as they are; in this scheme.
    case codes(String)
    /// The values of the checkpoint that the bundle was made from.
    case original
  }

  /// Its name in the output; arrays of codes are called after it.
  public let name: String
  public let shape: Shape
  public let storage: TensorStorage
  public let source: Source
  public let reason: String
  /// The rows of the suite's own weights that it is made of.
  public let runs: [RowRun]
  /// The bytes that those take where they come from, which progress counts.
  let sourceByteCount: Int

  public var byteCount: Int { storage.byteCount(of: shape) }
}

/// Every tensor of the output and the file that has it, before a value is read.
public struct ExportPlan: Sendable {
  public let target: any ExportTarget
  public let configuration: Configuration
  public let layout: Layout
  /// In the order of execution.
  public let tensors: [ExportTensor]
  public let files: [PlannedFile]
  let license: String?
  /// What the metadata of a GGUF file say of a language model.
  let language: [GGUFMetadata.Entry]
  let stem: String
  let maximumFileByteCount: Int?

  /// Decides about every tensor, and checks that the target can hold all of them.
  ///
  /// `stem` is what files are called, without number and ending.
  init(
    _ input: ExportInput, to target: any ExportTarget, stem: String, maximumFileByteCount: Int?
  ) throws {
    let configuration = input.configuration
    if let reason = target.refusal(of: configuration) {
      throw ExportFailure.unsupportedModel(target: target.id, path: input.path, reason: reason)
    }
    let layout = target.layout(of: configuration)
    let candidates = try ExportCandidates(input)
    var problems: [IncompatibleTensor] = []
    var tensors: [ExportTensor] = []
    for tensor in configuration.tensors(in: layout) {
      let candidate = candidates.candidate(tensor)
      guard candidate.mixedEncodings.isEmpty || input.original != nil else {
        throw ExportFailure.mixedTreatment(
          target: target.id, tensor: tensor.name, found: candidate.mixedEncodings)
      }
      let name = target.name(of: tensor.name)
      if name.utf8.count > target.longestName {
        problems.append(
          IncompatibleTensor(
            tensor: name, expected: "a name of at most \(target.longestName) bytes",
            found: "\(name.utf8.count)"))
      }
      do throws(IncompatibleTensor) {
        tensors.append(
          try Self.decide(candidate, tensor, name: name, of: input, target))
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else {
      throw ExportFailure.incompatible(target: target.id, path: input.path, tensors: problems)
    }
    try Self.checkCarrying(tensors, of: input, target: target.id)
    self.target = target
    self.configuration = configuration
    self.layout = layout
    self.tensors = tensors
    license = input.license
    self.stem = stem
    self.maximumFileByteCount = maximumFileByteCount
    switch target.container {
    case .gguf:
      language = try Self.languageEntries(of: input, path: stem + ".gguf")
      files = Self.files(
        of: try Self.ggufLayouts(
          tensors, of: configuration, mix: Self.mix(of: target), license: license,
          language: language, path: stem + ".gguf", maximumFileByteCount: maximumFileByteCount))
    case .safetensors, .folder, .numberedFolder:
      language = []
      files = try Self.safetensorsFiles(
        tensors, target.container, stem: stem, limit: maximumFileByteCount)
    }
  }

  private static func safetensorsFiles(
    _ tensors: [ExportTensor], _ container: ExportContainer, stem: String, limit: Int?
  ) throws(ConversionFailure) -> [PlannedFile] {
    let files = try PlannedFile.files(
      names: tensors.map(\.name), sizes: tensors.map(\.byteCount), stem: stem, limit: limit)
    if container == .safetensors, files.count > 1 {
      throw .shardsNeedAFolder(path: stem + ".safetensors")
    }
    guard container == .numberedFolder else { return files }
    return files.enumerated().map { index, file in
      PlannedFile(
        name: "\(index).safetensors", tensors: file.tensors, byteCount: file.byteCount)
    }
  }

  /// The types of blocks of a target that is GGUF.
  static func mix(of target: any ExportTarget) -> GGUFMix {
    guard let target = target as? GGUFTarget else {
      preconditionFailure("\(target.id) writes no GGUF")
    }
    return target.mix
  }

  private static func decide(
    _ candidate: ExportCandidate, _ tensor: LayoutTensor, name: String,
    of input: ExportInput, _ target: any ExportTarget
  ) throws(IncompatibleTensor) -> ExportTensor {
    var (storage, reason) = try target.storage(of: candidate)
    var source = ExportTensor.Source.values
    if let scheme = candidate.scheme, let carrier = target.carrier(of: scheme, for: candidate) {
      storage = .coded(carrier)
      source = .codes(scheme.description)
      reason = "the bundle's codes, as they are"
    } else if candidate.scheme != nil || !candidate.mixedEncodings.isEmpty {
      // Plain values of codes are no second quantization.
      source = storage.isCoded ? .original : .values
    }
    return ExportTensor(
      name: name, shape: tensor.shape, storage: storage, source: source, reason: reason,
      runs: tensor.runs,
      sourceByteCount: tensor.runs.reduce(0) { sum, run in
        sum
          + (input.weights(for: source).weight(named: run.source)?
            .storedByteCount(ofSlices: run.rows) ?? 0)
      })
  }

  /// Codes that the target cannot hold need the values they were made from.
  private static func checkCarrying(
    _ tensors: [ExportTensor], of input: ExportInput, target: String
  ) throws(ExportFailure) {
    guard let bundle = input.bundle, input.original == nil else { return }
    for tensor in tensors where tensor.source == .original {
      throw .cannotCarry(
        target: target, bundle: bundle.path, tensor: tensor.name,
        scheme: input.weights.weight(named: tensor.runs[0].source)?.encoding ?? "codes")
    }
  }
}

// What a plan costs.
extension ExportPlan {
  /// The bytes of all tensors.
  public var weightByteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The bytes that are read to make them.
  var sourceByteCount: Int { tensors.reduce(0) { $0 + $1.sourceByteCount } }

  /// The values of all tensors.
  public var weightCount: Int { tensors.reduce(0) { $0 + $1.shape.count } }

  public var bitsPerWeight: Double {
    weightCount == 0 ? 0 : 8 * Double(weightByteCount) / Double(weightCount)
  }

  /// The most memory that the export takes, in bytes, whatever the size of the model:
  ///
  ///     64 MiB + 8 KiB × tensors + threads × 20 bytes × the values of a chunk + the survey
  ///       + 128 bytes × the texts of a tokenizer
  ///
  /// A chunk is a block of rows (`RowBlock`), or one unit of the codec if that has more values; of
  /// each value it holds what is stored (4 bytes at most), float32, levels and codes. A codec whose
  /// scales are coded themselves surveys a matrix: 4 bytes for each of its blocks.
  public func peakMemoryByteCount(threads: Int) -> Int {
    var chunkValues = RowBlock.valueCount
    var surveyed = 0
    for tensor in tensors {
      let columns = tensor.shape.sliceSize
      guard case .coded(let codec) = tensor.storage else {
        chunkValues = max(chunkValues, columns)
        continue
      }
      chunkValues = max(
        chunkValues, columns * Self.chunkRows(codec, columns: columns), columns)
      if case .blockMaxima(let count) = codec.survey {
        surveyed = max(surveyed, tensor.shape.count / count * 8)
      }
    }
    let texts = language.reduce(0) { $0 + ($1.value.array?.count ?? 0) }
    return 64 << 20 + (tensors.count << 13) + threads * 20 * chunkValues + surveyed + texts * 128
  }

  /// The rows that are coded at a time: whole units, about a block of rows.
  static func chunkRows(_ codec: any MatrixCodec, columns: Int) -> Int {
    let unit = codec.unitRows(columns: columns)
    return max(1, RowBlock.rowCount(columns: columns) / unit) * unit
  }
}
