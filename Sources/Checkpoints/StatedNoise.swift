internal import Safetensors
internal import Storage
internal import Tensors

/// What a checkpoint of codes is worth at best, tensor by tensor and over all its codes.
public struct StatedNoise: Sendable {
  /// One weight that is stored as codes.
  public struct Tensor: Sendable {
    public let name: String
    public let encoding: String
    /// The signal-to-noise ratio at best; nil when every code is zero, or there is no figure.
    public let decibels: Double?
    /// Whether the codes lie on a lattice whose steps tell of their noise, as those of eight bits
    /// with a scale do.
    public let hasFigure: Bool

    public init(name: String, encoding: String, decibels: Double?, hasFigure: Bool = true) {
      self.name = name
      self.encoding = encoding
      self.decibels = decibels
      self.hasFigure = hasFigure
    }
  }

  /// In the order of the file; weights that are plain values are left out.
  public let tensors: [Tensor]
  /// Over all codes of all tensors; nil when every code is zero, or some tensor has no figure.
  public let decibels: Double?
  /// Whether some tensors were too large to be read whole.
  public let isSampled: Bool
  /// Whether the codes of all tensors have eight bits and a figure.
  public var hasFigure: Bool { tensors.allSatisfy(\.hasFigure) }

  /// What is said of tensors that all have no figure.
  public init(tensors: [Tensor]) {
    self.init(tensors: tensors, decibels: nil, isSampled: false)
  }

  init(tensors: [Tensor], decibels: Double?, isSampled: Bool) {
    self.tensors = tensors
    self.decibels = decibels
    self.isSampled = isSampled
  }

  /// How many tensors have each encoding, in the order in which they are met.
  public var encodings: [(encoding: String, tensorCount: Int)] {
    tensors.reduce(into: []) { counts, tensor in
      if let index = counts.firstIndex(where: { $0.encoding == tensor.encoding }) {
        counts[index].tensorCount += 1
      } else {
        counts.append((tensor.encoding, 1))
      }
    }
  }
}

extension DecodedCheckpoint {
  /// How many codes of a tensor are read, unless one row has more: from blocks of rows.
  public static let sampledCodeCount = 1 << 18
  /// Into how many blocks a sample is spread.
  private static let sampledBlockCount = 16

  /// What the codes of this checkpoint are worth at best (`CodeNoise`); nil when it has none. Codes of
  /// other than eight bits, and those to which something is added, are named without a figure.
  ///
  /// Reads a bounded part of each tensor, always the same one: all of it up to `limit` codes, else
  /// at most 16 blocks of rows at equal distances. Each tensor counts by all its codes.
  ///
  /// With `names`, of these weights only.
  public func statedNoise(
    of names: Set<String>? = nil, limit: Int = sampledCodeCount
  ) throws -> StatedNoise? {
    var tensors: [StatedNoise.Tensor] = []
    var sum = CodeNoise()
    var isSampled = false
    for weight in weights where names?.contains(weight.name) ?? true {
      guard let codes = codes(of: weight.name), codes.lowRank == nil else {
        if let encoding = encodingOfCodes(weight.name) {
          tensors.append(
            .init(name: weight.name, encoding: encoding, decibels: nil, hasFigure: false))
        }
        continue
      }
      let blocks = Self.sampledRows(weight.shape, limit: limit)
      let noise = try noise(of: codes, shape: weight.shape, rows: blocks)
      let rowCount = blocks.reduce(0) { $0 + $1.count }
      if rowCount < weight.shape.rows { isSampled = true }
      sum.merge(noise, times: rowCount == 0 ? 0 : Double(weight.shape.rows) / Double(rowCount))
      tensors.append(
        .init(name: weight.name, encoding: codes.encoding, decibels: noise.decibels))
    }
    guard !tensors.isEmpty else { return nil }
    let hasFigure = tensors.allSatisfy(\.hasFigure)
    return StatedNoise(
      tensors: tensors, decibels: hasFigure ? sum.decibels : nil, isSampled: isSampled)
  }

  /// The noise of one weight's 8-bit codes in some rows; nil for plain values and other codes.
  public func noise(of name: String, rows: Range<Int>) throws -> CodeNoise? {
    guard let codes = codes(of: name), codes.lowRank == nil, let shape = weight(named: name)?.shape
    else { return nil }
    return try noise(of: codes, shape: shape, rows: [rows])
  }

  /// The rows that a sample has: all, or disjoint blocks of equal size in order.
  static func sampledRows(_ shape: Shape, limit: Int) -> [Range<Int>] {
    let wanted = max(1, limit / max(1, shape.columns))
    guard wanted < shape.rows else { return [0..<shape.rows] }
    let count = min(sampledBlockCount, wanted)
    let size = wanted / count
    // The quotient goes first: a product with the rows of a file could overflow.
    let (distance, rest) = (shape.rows - size).quotientAndRemainder(dividingBy: max(1, count - 1))
    return (0..<count).map { block in
      let first = block * distance + block * rest / max(1, count - 1)
      return first..<first + size
    }
  }

  private func noise(
    of codes: CodedTensor, shape: Shape, rows: [Range<Int>]
  ) throws -> CodeNoise {
    let (file, tensor) = tensor(codes.codesName)
    let lattice = CodeLattice(codes.codeType)
    var noise = CodeNoise()
    var piece = [UInt8](repeating: 0, count: min(Self.sampledCodeCount, shape.columns))
    for row in rows.joined() {
      let scales = try scales(of: codes, rows: row..<row + 1)
      let runLength = shape.columns / scales.count
      for (run, scale) in scales.enumerated() {
        var done = 0
        while done < runLength {
          let count = min(piece.count, runLength - done)
          var span = piece.mutableSpan
          var bytes = span.mutableRawBytes
          var part = bytes._mutatingExtracting(first: count)
          try file.read(tensor, at: row * shape.columns + run * runLength + done, into: &part)
          noise.add(span.span.extracting(first: count), of: lattice, scale: scale)
          done += count
        }
      }
    }
    return noise
  }
}
