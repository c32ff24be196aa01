import Foundation
import GGUF
import Storage
import Tensors

/// The committed files of the container; `Goldens/container/README.md` explains them.
enum ContainerGolden {
  static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/container/\(name)").path(percentEncoded: false)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(filePath: path(name))))
  }

  static func floats(_ name: String) throws -> [Float] {
    let bytes = try bytes(name)
    return stride(from: 0, to: bytes.count, by: 4).map { first in
      Float(bitPattern: bytes[first..<first + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  /// The bytes that a tensor of the goldens has.
  static func counted(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 124) } }

  /// The metadata of `everything.gguf`.
  static let everything: GGUFMetadata = [
    "general.architecture": .string("flux"), "a.uint8": .uint8(200), "a.int8": .int8(-100),
    "a.uint16": .uint16(60000), "a.int16": .int16(-30000), "a.uint32": .uint32(4_000_000_000),
    "a.int32": .int32(-2_000_000_000), "a.float32": .float32(0.1), "a.bool": .bool(true),
    "a.string": .string("grün 🌱"), "a.uint64": .uint64(.max), "a.int64": .int64(.min),
    "a.float64": .float64(0.1), "b.uint8": .array(.uint8([0, 255])),
    "b.int8": .array(.int8([-128, 127])), "b.uint16": .array(.uint16([1, 65535])),
    "b.int16": .array(.int16([-32768, 2])), "b.uint32": .array(.uint32([1, 2, 3])),
    "b.int32": .array(.int32([-1])), "b.float32": .array(.float32([0.5, -2])),
    "b.bool": .array(.bool([true, false, true])), "b.string": .array(.string(["", "b", "ç"])),
    "b.uint64": .array(.uint64([1 << 63])), "b.int64": .array(.int64([-1, 1])),
    "b.float64": .array(.float64([1e300])),
    "comfy.gguf.orig_shape.kernel.weight": .array(.int32([64, 1, 3, 3])),
  ]

  /// The tensors of `everything.gguf` as they are stored.
  static let tensors: [GGUFLayout.Entry] = [
    .init(name: "scalar", type: .f32, shape: Shape([])),
    .init(name: "norm.scale", type: .f32, shape: Shape([7])),
    .init(name: "half.weight", type: .f16, shape: Shape([3, 5])),
    .init(name: "brain.weight", type: .bf16, shape: Shape([2, 3, 4])),
    .init(name: "axes.weight", type: .f32, shape: Shape([2, 1, 3, 2])),
    .init(name: "blocks.weight", type: .q80, shape: Shape([3, 64])),
    .init(name: "kernel.weight", type: .q80, shape: Shape([2, 288])),
  ]

  /// The tensors of the split set.
  static let splitTensors: [GGUFLayout.Entry] = [
    .init(name: "a.weight", type: .f32, shape: Shape([4, 4])),
    .init(name: "b.weight", type: .f32, shape: Shape([9])),
    .init(name: "c.weight", type: .f32, shape: Shape([5, 6])),
    .init(name: "d.weight", type: .q80, shape: Shape([1, 32])),
  ]

  /// The metadata of its first file.
  static let splitMetadata: GGUFMetadata = [
    "general.architecture": .string("flux"), "general.quantization_version": .uint32(2),
  ]

  /// Writes the file of a layout with counted bytes.
  static func write(_ layout: GGUFLayout) throws {
    let writer = try GGUFWriter.create(layout)
    for tensor in layout.header.tensors {
      try writer.write(counted(tensor.byteRange.count).rawBytes, of: tensor.name, at: 0)
    }
    try writer.commit()
  }
}
