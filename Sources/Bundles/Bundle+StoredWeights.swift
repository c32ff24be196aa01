public import Checkpoints
public import Safetensors
internal import Storage
public import Tensors

/// A bundle is a checkpoint of the suite's own: its weights may be written as values in any layout.
extension Bundle: StoredWeights {
  /// The first bytes have the checksum of the header, and that those of all segments.
  public var files: [StoredFile] {
    [StoredFile(path: path, headerByteCount: BundleFormat.preludeByteCount)]
  }

  /// The `__metadata__` of what the bundle was made from.
  public var metadata: [SafetensorsHeader.MetadataEntry] { header.provenance.metadata }

  /// None: every tensor of a bundle is a weight.
  public var companions: [Companion] { [] }

  public func plainType(of name: String) -> ElementType? {
    guard case .plain(let type) = tensor(named: name)?.encoding else { return nil }
    return type
  }

  public func encodingOfCodes(_ name: String) -> String? {
    guard let tensor = tensor(named: name), case .quantized = tensor.encoding else { return nil }
    return tensor.encoding.description
  }

  public func read(
    _ name: String, at offset: Int, into output: inout MutableRawSpan
  ) throws {
    guard let tensor = tensor(named: name), plainType(of: name) != nil,
      let segment = tensor.segments.first
    else { preconditionFailure("\(name) has no plain type") }
    guard output.byteCount > 0 else { return }
    let stride = segment.rowStride
    let rows = offset / stride..<(offset + output.byteCount + stride - 1) / stride
    precondition(
      offset >= 0 && rows.upperBound <= tensor.shape.rows, "the bytes lie outside of the tensor")
    let bytes = try readRows(rows, of: segment, in: tensor)
    let first = offset - rows.lowerBound * stride
    for index in 0..<output.byteCount {
      output.storeBytes(of: bytes[first + index], toByteOffset: index, as: UInt8.self)
    }
  }

  /// What the codes have cost is in the report of their quantization; none is estimated from them.
  public func statedNoise(of names: Set<String>?) throws -> StatedNoise? {
    let tensors = header.tensors.compactMap { tensor -> StatedNoise.Tensor? in
      guard names?.contains(tensor.name) ?? true,
        let encoding = encodingOfCodes(tensor.name)
      else { return nil }
      return .init(name: tensor.name, encoding: encoding, decibels: nil, hasFigure: false)
    }
    return tensors.isEmpty ? nil : StatedNoise(tensors: tensors)
  }
}

extension Bundle {
  /// The bundle as a model of one component, to be converted as any other.
  public func model() throws -> Model {
    let weights = try canonicalWeights()
    return Model(
      Checkpoint(
        path: path, weights: weights, source: self, license: header.provenance.license))
  }
}
