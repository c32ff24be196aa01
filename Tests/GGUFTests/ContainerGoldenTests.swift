import GGUF
import Storage
import Tensors
import TestSupport
import Testing

/// Files that ggml's Python package wrote are read as they were meant, and written the same.
@Suite struct ContainerGoldenTests {
  @Test func everyTypeOfValueIsRead() throws {
    let header = try GGUFFile.open(ContainerGolden.path("everything.gguf")).header
    #expect(header.version == 3)
    #expect(header.alignment == 32)
    for (found, expected) in zip(header.metadata.entries, ContainerGolden.everything.entries) {
      #expect(found == expected)
    }
    #expect(header.metadata == ContainerGolden.everything)
  }

  @Test func everyTensorIsFoundWhereItIs() throws {
    let file = try GGUFFile.open(ContainerGolden.path("everything.gguf"))
    let found = file.header.tensors
    #expect(found.map(\.name) == ContainerGolden.tensors.map(\.name))
    #expect(found.map(\.type) == ContainerGolden.tensors.map(\.type))
    #expect(found.map(\.shape) == ContainerGolden.tensors.map(\.shape))
    for tensor in found {
      var bytes = [UInt8](repeating: 0, count: tensor.byteRange.count)
      var span = bytes.mutableSpan
      var output = span.mutableRawBytes
      try file.read(tensor, at: 0, into: &output)
      #expect(bytes == ContainerGolden.counted(bytes.count), "\(tensor.name)")
    }
  }

  @Test func aFileIsWrittenByteForByte() throws {
    try TemporaryFolder.with { folder in
      let layout = try GGUFLayout(
        ContainerGolden.tensors, metadata: ContainerGolden.everything,
        path: folder.path("everything.gguf"))
      try ContainerGolden.write(layout)
      #expect(try folder.read("everything.gguf") == ContainerGolden.bytes("everything.gguf"))
    }
  }

  @Test func anotherAlignmentIsReadAndWritten() throws {
    let header = try GGUFFile.open(ContainerGolden.path("aligned.gguf")).header
    #expect(header.alignment == 256)
    #expect(header.tensors.map(\.byteRange) == [256..<268, 512..<520])
    try TemporaryFolder.with { folder in
      let layout = try GGUFLayout(
        [
          .init(name: "a", type: .f32, shape: Shape([3])),
          .init(name: "b", type: .f16, shape: Shape([2, 2])),
        ],
        metadata: ["general.architecture": .string("flux"), "general.alignment": .uint32(256)],
        path: folder.path("aligned.gguf"))
      try ContainerGolden.write(layout)
      #expect(try folder.read("aligned.gguf") == ContainerGolden.bytes("aligned.gguf"))
    }
  }

  @Test func aSplitSetIsWrittenByteForByte() throws {
    try TemporaryFolder.with { folder in
      let layouts = try GGUFLayout.split(
        ContainerGolden.splitTensors, metadata: ContainerGolden.splitMetadata,
        path: folder.path("set.gguf"), maximumByteCount: 100)
      #expect(layouts.count == 3)
      for layout in layouts {
        try ContainerGolden.write(layout)
        let name = FileSystem.name(of: layout.path)
        #expect(try folder.read(name) == ContainerGolden.bytes(name), "\(name)")
      }
    }
  }

  @Test func whatFitsInOneFileIsNotSplit() throws {
    let layouts = try GGUFLayout.split(
      ContainerGolden.splitTensors, metadata: ContainerGolden.splitMetadata, path: "set.gguf",
      maximumByteCount: 254)
    #expect(layouts.map(\.path) == ["set.gguf"])
    #expect(layouts[0].header.metadata == ContainerGolden.splitMetadata)
    let two = try GGUFLayout.split(
      ContainerGolden.splitTensors, metadata: ContainerGolden.splitMetadata, path: "set.gguf",
      maximumByteCount: 253)
    #expect(two.map(\.header.tensors.count) == [3, 1])
  }

  @Test func plainTensorsDecodeWhateverTheirAxes() throws {
    let checkpoint = try GGUFCheckpoint.open(ContainerGolden.path("everything.gguf"))
    for name in ["scalar", "norm.scale", "half.weight", "brain.weight", "axes.weight"] {
      let weight = try #require(checkpoint.weight(named: name))
      let type = try #require(ElementType(rawValue: weight.encoding))
      var expected = [Float](repeating: 0, count: weight.shape.count)
      var span = expected.mutableSpan
      decodeElements(
        ContainerGolden.counted(weight.storedByteCount).rawBytes, of: type, into: &span)
      #expect(try checkpoint.values(of: name) == expected, "\(name)")
      for row in 0..<weight.shape.rows {
        let columns = weight.shape.columns
        #expect(
          try checkpoint.values(of: name, rows: row..<row + 1)
            == Array(expected[row * columns..<(row + 1) * columns]), "\(name) row \(row)")
      }
    }
  }

  @Test func blocksDecodeAsThePackageDecodesThem() throws {
    let checkpoint = try GGUFCheckpoint.open(ContainerGolden.path("everything.gguf"))
    #expect(checkpoint.weight(named: "blocks.weight")?.encoding == "Q8_0")
    #expect(
      try checkpoint.values(of: "blocks.weight") == ContainerGolden.floats("blocks.f32"))
    #expect(
      try checkpoint.values(of: "blocks.weight", rows: 1..<2)
        == Array(ContainerGolden.floats("blocks.f32")[64..<128]))
  }

  /// The rows of the kernel are nine values long, so that nearly all begin inside a block.
  @Test func aShapeOfTheMetadataTakesThePlaceOfTheStoredOne() throws {
    let checkpoint = try GGUFCheckpoint.open(ContainerGolden.path("everything.gguf"))
    #expect(checkpoint.weight(named: "kernel.weight")?.shape == Shape([64, 1, 3, 3]))
    #expect(checkpoint.tensor(named: "kernel.weight")?.tensor.shape == Shape([2, 288]))
    let expected = try ContainerGolden.floats("kernel.f32")
    #expect(try checkpoint.values(of: "kernel.weight") == expected)
    for first in 0..<63 {
      #expect(
        try checkpoint.values(of: "kernel.weight", rows: first..<first + 2)
          == Array(expected[first * 9..<first * 9 + 18]), "row \(first)")
    }
  }

  @Test func aSplitSetOpensByItsFirstFile() throws {
    let path = ContainerGolden.path("set-00001-of-00003.gguf")
    let checkpoint = try GGUFCheckpoint.open(path)
    #expect(checkpoint.files.count == 3)
    #expect(checkpoint.weights.map(\.name) == ContainerGolden.splitTensors.map(\.name))
    #expect(checkpoint.type(of: "d.weight") == .q80)
    #expect(checkpoint.metadata["split.tensors.count"] == .int32(4))
    var bytes = [UInt8](repeating: 0, count: 20)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try checkpoint.read("c.weight", at: 100, into: &output)
    #expect(bytes == Array(ContainerGolden.counted(120)[100...]))
  }
}
