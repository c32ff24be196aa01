import Failures
import Safetensors
import Tensors
import TestSupport
import Testing

/// A file that must not open, and the first line of what is said about it, behind its path.
struct HostileFile: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let message: String

  init(_ name: String, _ bytes: [UInt8], _ message: String) {
    self.name = name
    self.bytes = bytes
    self.message = message
  }

  /// A file of one entry for the tensor `x`, given from its dtype on, and counted data.
  init(_ name: String, entry: String, data: Int, _ message: String) {
    self.init(
      name,
      SafetensorsBytes.file(
        header: "{\"x\":{\(entry)}}", data: [UInt8](repeating: 0, count: data)),
      "tensor \"x\": " + message)
  }

  /// A file of several entries and counted data.
  init(_ name: String, entries: [String], data: Int, _ message: String) {
    self.init(
      name,
      SafetensorsBytes.file(
        header: "{" + entries.joined(separator: ",") + "}",
        data: [UInt8](repeating: 0, count: data)), message)
  }

  var testDescription: String { name }

  static let header: [HostileFile] = [
    HostileFile(
      "an empty file", [],
      "expected 8 bytes with the length of the header, found a file of 0 bytes"),
    HostileFile(
      "half a length", [1, 0, 0, 0, 0, 0, 0],
      "expected 8 bytes with the length of the header, found a file of 7 bytes"),
    HostileFile(
      "a header over the limit", SafetensorsBytes.file(length: 100_000_001, header: []),
      "expected a header of at most 100000000 bytes, found the length 100000001"),
    HostileFile(
      "a length that is negative as a signed number",
      SafetensorsBytes.file(length: .max, header: []),
      "expected a header of at most 100000000 bytes, found the length 18446744073709551615"),
    HostileFile(
      "a header longer than the file", SafetensorsBytes.file(length: 3, header: [0x7B, 0x7D]),
      "expected a header of 3 bytes at byte 8, found the end of the file at byte 10"),
    HostileFile(
      "no header", SafetensorsBytes.file(header: ""),
      "expected a header that starts with `{` at byte 8, found no header"),
    HostileFile(
      "an array", SafetensorsBytes.file(header: "[]"),
      "expected a header that starts with `{` at byte 8, found the byte 0x5B"),
    HostileFile(
      "space in front", SafetensorsBytes.file(header: " {}"),
      "expected a header that starts with `{` at byte 8, found the byte 0x20"),
    HostileFile(
      "an unfinished object", SafetensorsBytes.file(header: "{"),
      "byte 9: expected a key in quotation marks, found the end of the text"),
    HostileFile(
      "two documents", SafetensorsBytes.file(header: "{}{}"),
      "byte 10: expected the end of the document, found 2 more bytes"),
    HostileFile(
      "padding with zero bytes", SafetensorsBytes.file(header: "{}\0\0"),
      "byte 10: expected the end of the document, found 2 more bytes"),
    HostileFile(
      "invalid UTF-8",
      SafetensorsBytes.file(length: 9, header: [0x7B, 0x22, 0xFF, 0x22, 0x3A] + "{}}".utf8 + [32]),
      "byte 10: expected UTF-8, found bytes that are not"),
    HostileFile(
      "a depth bomb",
      SafetensorsBytes.file(header: "{\"x\":" + String(repeating: "[", count: 1_000_000)),
      "byte 76: expected at most 64 arrays and objects inside each other, found more"),
    HostileFile(
      "a key that comes twice",
      SafetensorsBytes.file(
        header: "{" + SafetensorsBytes.entry("x", "U8", "[1]", 0, 1) + ","
          + SafetensorsBytes.entry("x", "U8", "[1]", 0, 1) + "}", data: [0]),
      "byte 61: expected each key once, found \"x\" again"),
    HostileFile(
      "metadata that are a list", SafetensorsBytes.file(header: "{\"__metadata__\":[]}"),
      "__metadata__: expected an object of strings, found an array"),
    HostileFile(
      "metadata with a number",
      SafetensorsBytes.file(header: "{\"__metadata__\":{\"format\":\"pt\",\"step\":3}}"),
      "__metadata__: expected a string for \"step\", found a number"),
    HostileFile(
      "two spellings of one name",
      entries: [
        SafetensorsBytes.entry("\u{E9}", "U8", "[1]", 0, 1),
        SafetensorsBytes.entry("e\u{301}", "U8", "[1]", 1, 2),
      ], data: 2,
      "tensor \"e\u{301}\": expected names that differ, found this one in two Unicode spellings"),
  ]

  static let entry: [HostileFile] = [
    HostileFile(
      "an entry that is no object", SafetensorsBytes.file(header: "{\"x\":7}"),
      "tensor \"x\": expected an object, found a number"),
    HostileFile(
      "an unknown key", entry: #""dtype":"U8","shape":[1],"data_offsets":[0,1],"extra":1"#, data: 1,
      #"expected the keys "dtype", "shape" and "data_offsets" only, found "extra""#),
    HostileFile(
      "no dtype", entry: #""shape":[1],"data_offsets":[0,1]"#, data: 1,
      #"expected the key "dtype", found an entry without it"#),
    HostileFile(
      "no shape", entry: #""dtype":"U8","data_offsets":[0,1]"#, data: 1,
      #"expected the key "shape", found an entry without it"#),
    HostileFile(
      "no offsets", entry: #""dtype":"U8","shape":[1]"#, data: 1,
      #"expected the key "data_offsets", found an entry without it"#),
    HostileFile(
      "a dtype that is no string", entry: #""dtype":8,"shape":[1],"data_offsets":[0,1]"#, data: 1,
      "dtype: expected a string, found a number"),
    HostileFile(
      "an unknown dtype", entry: #""dtype":"F3\u001b[2J","shape":[1],"data_offsets":[0,1]"#,
      data: 1,
      #"expected a known dtype, found "F3\u001b[2J""#),
    HostileFile(
      "a shape that is no array", entry: #""dtype":"U8","shape":1,"data_offsets":[0,1]"#, data: 1,
      "shape: expected an array, found a number"),
    HostileFile(
      "an extent that is no number", entry: #""dtype":"U8","shape":[1,"1"],"data_offsets":[0,1]"#,
      data: 1, "shape[1]: expected an integer, found a string"),
    HostileFile(
      "a negative extent", entry: #""dtype":"U8","shape":[-1],"data_offsets":[0,1]"#, data: 1,
      "shape[0]: expected an integer from 0 to 9223372036854775807, found -1"),
    HostileFile(
      "a fraction of an extent", entry: #""dtype":"U8","shape":[1.0],"data_offsets":[0,1]"#,
      data: 1,
      "shape[0]: expected an integer from 0 to 9223372036854775807, found 1.0"),
    HostileFile(
      "an extent beyond 64 bits",
      entry: #""dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]"#, data: 1,
      """
      shape[0]: expected an integer from 0 to 9223372036854775807, found 18446744073709551617
      """),
    HostileFile(
      "a product beyond 64 bits",
      entry: #""dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]"#, data: 0,
      """
      expected a shape whose bits an integer of 64 bits can count, found [4294967296, 4294967296]
      """),
    HostileFile(
      "bits beyond 64 bits",
      entry: #""dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0]"#, data: 0,
      "expected a shape whose bits an integer of 64 bits can count, found [1152921504606846976]"),
    HostileFile(
      "elements that end inside a byte", entry: #""dtype":"F4","shape":[3],"data_offsets":[0,2]"#,
      data: 2, "expected elements that fill whole bytes, found F4 [3] of 12 bits"),
    HostileFile(
      "one offset", entry: #""dtype":"U8","shape":[1],"data_offsets":[0]"#, data: 1,
      "data_offsets: expected two numbers, begin and end, found 1"),
    HostileFile(
      "three offsets", entry: #""dtype":"U8","shape":[1],"data_offsets":[0,1,1]"#, data: 1,
      "data_offsets: expected two numbers, begin and end, found 3"),
    HostileFile(
      "a fraction of an offset", entry: #""dtype":"U8","shape":[1],"data_offsets":[0,1e0]"#,
      data: 1,
      "data_offsets[1]: expected an integer from 0 to 9223372036854775807, found 1e0"),
    HostileFile(
      "an end before the begin", entry: #""dtype":"U8","shape":[1],"data_offsets":[1,0]"#, data: 1,
      "expected data_offsets that begin before they end, found [1, 0]"),
    HostileFile(
      "data behind the end of the file", entry: #""dtype":"U8","shape":[9],"data_offsets":[0,9]"#,
      data: 4, "expected data up to byte 9, found the end of the data at byte 4"),
    HostileFile(
      "an end that overflows with the header's length",
      entry: #""dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775807]"#, data: 1,
      "expected data up to byte 9223372036854775807, found the end of the data at byte 1"),
    HostileFile(
      "too few bytes for the shape", entry: #""dtype":"F32","shape":[2,3],"data_offsets":[0,20]"#,
      data: 20, "expected 24 bytes for F32 [2, 3], found 20"),
    HostileFile(
      "more bytes than the shape takes", entry: #""dtype":"BF16","shape":[],"data_offsets":[0,4]"#,
      data: 4, "expected 2 bytes for BF16 [], found 4"),
  ]

  static let coverage: [HostileFile] = [
    HostileFile(
      "an overlap",
      entries: [
        SafetensorsBytes.entry("x", "U8", "[4]", 0, 4),
        SafetensorsBytes.entry("y", "U8", "[4]", 3, 7),
      ], data: 7,
      "tensor \"y\": expected its data to begin where tensor \"x\" ends, at byte 4, found byte 3"),
    HostileFile(
      "two tensors in one place",
      entries: [
        SafetensorsBytes.entry("x", "U8", "[4]", 0, 4),
        SafetensorsBytes.entry("y", "I8", "[4]", 0, 4),
      ], data: 4,
      "tensor \"y\": expected its data to begin where tensor \"x\" ends, at byte 4, found byte 0"),
    HostileFile(
      "an empty tensor inside another",
      entries: [
        SafetensorsBytes.entry("x", "U8", "[4]", 0, 4),
        SafetensorsBytes.entry("y", "U8", "[0]", 2, 2),
      ], data: 4,
      "tensor \"y\": expected its data to begin where tensor \"x\" ends, at byte 4, found byte 2"),
    HostileFile(
      "a hole in front", entry: #""dtype":"U8","shape":[1],"data_offsets":[3,4]"#, data: 4,
      """
      expected its data to begin at byte 0, found byte 3: the 3 bytes between belong to no tensor
      """),
    HostileFile(
      "a hole between",
      entries: [
        SafetensorsBytes.entry("x", "U8", "[1]", 0, 1),
        SafetensorsBytes.entry("y", "U8", "[1]", 2, 3),
      ], data: 3,
      """
      tensor "y": expected its data to begin at byte 1, found byte 2: the 1 bytes between belong to \
      no tensor
      """),
    HostileFile(
      "bytes behind the last tensor", entries: [SafetensorsBytes.entry("x", "U8", "[1]", 0, 1)],
      data: 3, "expected the data to end with tensor \"x\" at byte 1, found 2 more bytes"),
    HostileFile(
      "data without tensors", entries: [], data: 5,
      "expected no data, for there are no tensors, found 5 bytes"),
  ]
}

@Suite struct HostileHeaderTests {
  @Test(arguments: HostileFile.header + HostileFile.entry + HostileFile.coverage)
  func aHostileFileIsRejectedWithItsReason(_ file: HostileFile) throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("a.safetensors", file.bytes)
      let failure = #expect(throws: SafetensorsFailure.self) { try SafetensorsFile.open(path) }
      let lines = (failure?.description ?? "").split(separator: "\n")
      #expect(lines.first.map(String.init) == "\(path): \(file.message)")
      #expect(lines.count == 2, "a second line says what to do")
      #expect(failure?.kind == .badData)
    }
  }

  @Test func everyTruncationOfAFileIsRejected() throws {
    let bytes = SafetensorsBytes.file([("x", .float32, [3]), ("y", .uint8, [2])])
    try TemporaryFolder.with { folder in
      for count in 0..<bytes.count {
        let path = try folder.write("a.safetensors", Array(bytes[..<count]))
        #expect(throws: SafetensorsFailure.self, "cut to \(count) bytes") {
          try SafetensorsFile.open(path)
        }
      }
    }
  }

  /// Whatever bytes change, opening throws or the invariant of the header holds: the tensors cover
  /// the data exactly.
  @Test func damagedFilesAreRejectedOrStillCovered() throws {
    let seed: UInt64 = 0x5AFE_0001
    var random = SeededGenerator(seed: seed)
    let bytes = SafetensorsBytes.file(
      [("a.weight", .bfloat16, [4, 3]), ("b", .float4, [6]), ("c", .int64, [])],
      metadata: #"{"format":"pt"}"#)
    try TemporaryFolder.with { folder in
      for round in 0..<2000 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let position = Int.random(in: 0..<damaged.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: damaged[position] = .random(in: 0...255, using: &random)
          case 1: damaged.remove(at: position)
          default:
            damaged.insert(
              Array("0123456789{}[],:\"-e".utf8).randomElement(using: &random) ?? 0, at: position)
          }
        }
        let path = try folder.write("a.safetensors", damaged)
        do {
          let header = try SafetensorsFile.open(path).header
          var end = header.dataOffset
          for tensor in header.tensors {
            #expect(tensor.byteRange.lowerBound == end, "seed \(seed), round \(round)")
            #expect(
              tensor.elementType.byteCount(of: tensor.shape.count) == tensor.byteRange.count,
              "seed \(seed), round \(round)")
            end = tensor.byteRange.upperBound
          }
          #expect(end == damaged.count, "seed \(seed), round \(round)")
        } catch is SafetensorsFailure {
          continue
        }
      }
    }
  }
}
