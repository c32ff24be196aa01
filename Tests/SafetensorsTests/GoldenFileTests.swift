import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// Files of `Tests/Fixtures/safetensors`, written by the Python package safetensors 0.8.0 with
/// `scripts/judges/safetensors/make_golden.py`; the writer must give the same bytes.
@Suite struct GoldenFileTests {
  private static let entries: [SafetensorsLayout.Entry] = [
    .init(name: "z.weight", elementType: .bfloat16, shape: Shape([3, 5])),
    .init(name: "a.weight", elementType: .bfloat16, shape: Shape([2, 2])),
    .init(name: "a.bias", elementType: .float32, shape: Shape([7])),
    .init(name: "counts", elementType: .int64, shape: Shape([2])),
    .init(name: "scalar", elementType: .float64, shape: Shape([])),
    .init(name: "empty", elementType: .float32, shape: Shape([0, 4])),
    .init(name: "half", elementType: .float16, shape: Shape([1])),
    .init(name: "mask", elementType: .bool, shape: Shape([3])),
    .init(name: "codes", elementType: .uint8, shape: Shape([5])),
    .init(name: "signed", elementType: .int8, shape: Shape([2])),
    .init(name: "scale", elementType: .exponent8, shape: Shape([3])),
    .init(name: "fp8", elementType: .float8E4M3, shape: Shape([2, 1])),
    .init(name: "fp8.wide", elementType: .float8E5M2, shape: Shape([1])),
    .init(name: "fp4", elementType: .float4, shape: Shape([2, 2])),
    .init(name: "short", elementType: .int16, shape: Shape([1])),
    .init(name: "unsigned", elementType: .uint32, shape: Shape([1])),
    .init(name: "integer", elementType: .int32, shape: Shape([1])),
    .init(name: "long", elementType: .uint64, shape: Shape([1])),
    .init(name: "pair", elementType: .complex64, shape: Shape([1])),
    .init(name: "é\u{2028}\"\\/\t\u{1}", elementType: .uint8, shape: Shape([1])),
    .init(name: "Z", elementType: .uint8, shape: Shape([1])),
    .init(name: "\u{1F600}", elementType: .uint8, shape: Shape([1])),
    .init(name: "\u{FF21}", elementType: .uint8, shape: Shape([1])),
  ]

  private func written(
    _ entries: [SafetensorsLayout.Entry], metadata: [SafetensorsHeader.MetadataEntry]
  ) throws -> [UInt8] {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.safetensors")
      let layout = try SafetensorsLayout(entries, metadata: metadata, path: path)
      let writer = try SafetensorsWriter.create(path, layout: layout)
      for tensor in layout.header.tensors {
        // Byte k of a tensor is 7k + the number of bytes of its name, as in the script.
        let bytes = (0..<tensor.byteRange.count).map {
          UInt8(truncatingIfNeeded: 7 * $0 + tensor.name.utf8.count)
        }
        try writer.write(bytes.rawBytes, of: tensor.name, at: 0)
      }
      try writer.commit()
      return try folder.read("a.safetensors")
    }
  }

  private func golden(_ name: String) throws -> [UInt8] {
    try FileReader.contents(of: Fixture.path("safetensors/\(name).safetensors"), limit: 1 << 20)
  }

  @Test func everyTypeIsWrittenAsByThePackage() throws {
    let metadata = [
      SafetensorsHeader.MetadataEntry(
        key: "for\"mat\n", value: "pt \u{7F}é\u{2028}\u{1F}/")
    ]
    let bytes = try written(Self.entries, metadata: metadata)
    #expect(bytes == (try golden("every-type")))
  }

  @Test func aFileWithoutMetadataIsWrittenAsByThePackage() throws {
    let bytes = try written(Array(Self.entries[..<2]), metadata: [])
    #expect(bytes == (try golden("bare")))
  }

  @Test func aFileWithoutTensorsIsWrittenAsByThePackage() throws {
    let bytes = try written([], metadata: [])
    #expect(bytes == (try golden("nothing")))
  }

  @Test func thePackagesFilesOpen() throws {
    let file = try SafetensorsFile.open(Fixture.path("safetensors/every-type.safetensors"))
    #expect(Set(file.header.tensors.map(\.name)) == Set(Self.entries.map(\.name)))
  }
}
