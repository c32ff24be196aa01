public import GGUF
internal import Storage
internal import Tensors

/// The network of `TinyFlux2` as GGUF files of diffusion models have it: vectors in F32, matrices in
/// blocks of Q8_0 where their rows hold whole ones, the others in F16 and BF16 by turns.
///
/// All values of matrices are integers up to 127, which each of the types holds; those of vectors have
/// a fraction that only F32 holds.
public enum TinyGGUF {
  public static func tensors(prefix: String = "") -> [NamedTensor] {
    TinyFlux2.original(prefix: prefix).map { tensor in
      let fraction: Float = tensor.extents.count == 1 ? 0.1 : 0
      return NamedTensor(
        tensor.name, tensor.extents,
        tensor.values.map { Float((7 * Int($0)) % 255 - 127) + fraction })
    }
  }

  public static func type(of tensor: NamedTensor) -> BlockType {
    guard tensor.extents.count == 2 else { return .f32 }
    if tensor.extents[1].isMultiple(of: 32) { return .q80 }
    return tensor.name.hasPrefix("single") ? .f16 : .bf16
  }

  /// The bytes of a tensor; the scale of every block is 1.
  static func bytes(of tensor: NamedTensor) -> [UInt8] {
    let type = type(of: tensor)
    guard type != .q80 else {
      return stride(from: 0, to: tensor.values.count, by: 32).flatMap { first in
        [0x00, 0x3C] + tensor.values[first..<first + 32].map { UInt8(bitPattern: Int8($0)) }
      }
    }
    guard let elementType = ElementType(rawValue: type.name),
      let byteCount = elementType.byteCount(of: tensor.values.count)
    else { preconditionFailure("\(type.name) is no plain type") }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var output = bytes.mutableSpan
    encodeElements(tensor.values.span, as: elementType, into: &output)
    return bytes
  }
}

extension TemporaryFolder {
  /// Writes a GGUF file, or with a limit a split set, and returns the path of the first file.
  @discardableResult
  public func writeGGUF(
    _ name: String, _ tensors: [NamedTensor] = TinyGGUF.tensors(),
    metadata: GGUFMetadata = ["general.architecture": .string("flux")],
    maximumByteCount: Int = .max
  ) throws -> String {
    let layouts = try GGUFLayout.split(
      tensors.map {
        .init(name: $0.name, type: TinyGGUF.type(of: $0), shape: Shape($0.extents))
      }, metadata: metadata, path: path(name), maximumByteCount: maximumByteCount)
    let tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    for layout in layouts {
      let writer = try GGUFWriter.create(layout)
      for entry in layout.header.tensors {
        guard let tensor = tensors[entry.name] else { continue }
        try writer.write(TinyGGUF.bytes(of: tensor).rawBytes, of: entry.name, at: 0)
      }
      try writer.commit()
    }
    return layouts[0].path
  }
}
