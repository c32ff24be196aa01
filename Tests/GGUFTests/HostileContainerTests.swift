import Failures
import Foundation
import GGUF
import Storage
import TestSupport
import Testing

/// A file that must not open, and the first line of what is said about it, behind its path.
struct HostileContainer: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let message: String

  init(_ name: String, _ bytes: [UInt8], _ message: String) {
    self.name = name
    self.bytes = bytes
    self.message = message
  }

  /// A file of one entry with the key `k`.
  init(_ name: String, type: UInt32, _ value: [UInt8], _ message: String) {
    self.init(name, GGUFBytes.file(entry: GGUFBytes.entry("k", type, value)), message)
  }

  /// A file of tensors and counted data.
  init(_ name: String, _ tensors: [[UInt8]], data: Int = 0, _ message: String) {
    self.init(name, GGUFBytes.file(tensors, data: data), message)
  }

  var testDescription: String { name }

  static let header: [HostileContainer] = [
    .init("an empty file", [], "expected a file that begins with \"GGUF\", found too few bytes"),
    .init(
      "another format", Array("PK\u{3}\u{4} and more".utf8),
      "expected a file that begins with \"GGUF\", found 0x50 0x4B 0x3 0x4"),
    .init(
      "half a version", Array("GGUF".utf8) + [3, 0],
      "the version: expected 4 bytes at byte 4, found the end of the file at byte 6"),
    .init("version 1", GGUFBytes(version: 1).bytes, "expected version 2 or 3, found 1"),
    .init("version 4", GGUFBytes(version: 4).bytes, "expected version 2 or 3, found 4"),
    .init(
      "big-endian numbers", GGUFBytes(version: UInt32(3).bigEndian).bytes,
      "expected little-endian numbers, found version 3 in big-endian ones"),
    .init(
      "more tensors than bytes", GGUFBytes(tensorCount: 1 << 60).bytes,
      "expected as many tensors as 16 bytes can hold, found the number 1152921504606846976"),
    .init(
      "more entries than bytes", GGUFBytes(entryCount: .max).bytes,
      "expected as many entries of metadata as 8 bytes can hold, found the number "
        + "18446744073709551615"),
    .init(
      "bytes behind the header", GGUFBytes(data: [0]).bytes,
      "expected the file to end with the header at byte 32, found 1 more bytes"),
  ]

  static let metadata: [HostileContainer] = [
    .init(
      "a key longer than the file",
      GGUFBytes(entries: [GGUFBytes.integer(UInt64.max) + [0, 0, 0, 0, 0]]).bytes,
      "the key of entry 0: expected 18446744073709551615 bytes at byte 32, found the end of the file "
        + "at byte 64"),
    .init(
      "a key that is no text",
      GGUFBytes.file(
        entry: GGUFBytes.integer(UInt64(1)) + [0xFF] + GGUFBytes.integer(UInt32(7)) + [1]),
      "the key of entry 0: expected UTF-8, found other bytes"),
    .init(
      "an empty key", GGUFBytes.file(entry: GGUFBytes.entry("", 7, [1])),
      "key \"\": expected a key, found an empty one"),
    .init(
      "a key twice",
      GGUFBytes(entries: [GGUFBytes.entry("k", 7, [1]), GGUFBytes.entry("k", 7, [0])]).bytes,
      "key \"k\": expected each key once, found it again in entry 1"),
    .init("an unknown type", type: 13, [0], "key \"k\": expected a type from 0 to 12, found 13"),
    .init("a truth of 2", type: 7, [2], "key \"k\": expected the byte 0 or 1, found 2"),
    .init(
      "text that is none", type: 8, GGUFBytes.integer(UInt64(1)) + [0x80],
      "the value of \"k\": expected UTF-8, found other bytes"),
    .init(
      "a value behind the end", type: 8, GGUFBytes.integer(UInt64(99)),
      "the value of \"k\": expected 99 bytes at byte 45, found the end of the file at byte 64"),
    .init(
      "an array of arrays", type: 9,
      GGUFBytes.integer(UInt32(9)) + GGUFBytes.integer(UInt64(1)) + GGUFBytes.integer(UInt32(0))
        + GGUFBytes.integer(UInt64(0)),
      "key \"k\": expected an array of values, found one of arrays"),
    .init(
      "an array of an unknown type", type: 9,
      GGUFBytes.integer(UInt32(77)) + GGUFBytes.integer(UInt64(0)),
      "key \"k\": expected a type from 0 to 12, found 77"),
    .init(
      "an array that is longer than the file", type: 9,
      GGUFBytes.integer(UInt32(10)) + GGUFBytes.integer(UInt64(100)),
      "the value of \"k\": expected 800 bytes at byte 49, found the end of the file at byte 64"),
    .init(
      "an array whose bytes overflow", type: 9,
      GGUFBytes.integer(UInt32(10)) + GGUFBytes.integer(UInt64(1) << 61),
      "the value of \"k\": expected 18446744073709551615 bytes at byte 49, found the end of the file "
        + "at byte 64"),
    .init(
      "an alignment of another type",
      GGUFBytes.file(
        entry: GGUFBytes.entry("general.alignment", 10, GGUFBytes.integer(UInt64(32)))),
      "key \"general.alignment\": expected a value of the type uint32, found uint64"),
    .init(
      "an alignment that is no power of two",
      GGUFBytes.file(
        entry: GGUFBytes.entry("general.alignment", 4, GGUFBytes.integer(UInt32(48)))),
      "key \"general.alignment\": expected a power of two, found 48"),
    .init(
      "an alignment of 0",
      GGUFBytes.file(
        entry: GGUFBytes.entry("general.alignment", 4, GGUFBytes.integer(UInt32(0)))),
      "key \"general.alignment\": expected a power of two, found 0"),
  ]

  static let tensors: [HostileContainer] = [
    .init(
      "no name", [GGUFBytes.tensor("", [1])], data: 4,
      "tensor \"\": expected a name, found none, for tensor 0"),
    .init(
      "a name twice", [GGUFBytes.tensor("x", [1]), GGUFBytes.tensor("x", [1], offset: 32)],
      data: 36, "tensor \"x\": expected names that differ, found this one twice"),
    .init(
      "a name in two spellings",
      [GGUFBytes.tensor("\u{E9}", [1]), GGUFBytes.tensor("e\u{301}", [1], offset: 32)], data: 36,
      "tensor \"e\u{301}\": expected names that differ, found this one twice"),
    .init(
      "five axes", [GGUFBytes.tensor("x", [1, 1, 1, 1, 1])], data: 4,
      "tensor \"x\": expected at most 4 axes, found 5"),
    .init(
      "an extent that is negative as a signed number", [GGUFBytes.tensor("x", [1, .max])],
      "tensor \"x\": expected a shape whose elements an integer of 64 bits can count, found "
        + "[18446744073709551615, 1]"),
    .init(
      "elements that overflow", [GGUFBytes.tensor("x", [1 << 32, 1 << 32])],
      "tensor \"x\": expected a shape whose elements an integer of 64 bits can count, found "
        + "[4294967296, 4294967296]"),
    .init(
      "bytes that overflow", [GGUFBytes.tensor("x", [1 << 61, 3])],
      "tensor \"x\": expected a shape whose bytes an integer of 64 bits can count, found "
        + "[3, 2305843009213693952]"),
    .init(
      "rows that cut blocks", [GGUFBytes.tensor("x", [48, 2], type: 8)], data: 102,
      "tensor \"x\": expected rows of a multiple of 32 elements, for Q8_0, found the shape [2, 48]"),
    .init(
      "a type that is not read", [GGUFBytes.tensor("x", [32], type: 39)], data: 17,
      "tensor \"x\": expected a type that is read here, found MXFP4, number 39"),
    .init(
      "a type that nobody has", [GGUFBytes.tensor("x", [32], type: 99)], data: 17,
      "tensor \"x\": expected a type that is read here, found the number 99"),
    .init(
      "an offset that is not aligned", [GGUFBytes.tensor("x", [1], offset: 4)], data: 8,
      "tensor \"x\": expected its data at byte 0, behind those in front of it, found byte 4"),
    .init(
      "a hole", [GGUFBytes.tensor("x", [1]), GGUFBytes.tensor("y", [1], offset: 64)], data: 68,
      "tensor \"y\": expected its data at byte 32, behind those in front of it, found byte 64"),
    .init(
      "an overlap", [GGUFBytes.tensor("x", [16]), GGUFBytes.tensor("y", [1], offset: 32)],
      data: 68,
      "tensor \"y\": expected its data at byte 64, behind those in front of it, found byte 32"),
    .init(
      "data that overflow together",
      [
        GGUFBytes.tensor("x", [1 << 60]),
        GGUFBytes.tensor("y", [1 << 60], offset: 1 << 62),
      ],
      "tensor \"y\": expected data that a file can hold, found 4611686018427387904 bytes behind "
        + "4611686018427388000"),
    .init(
      "data that are cut short",
      [GGUFBytes.tensor("x", [8]), GGUFBytes.tensor("y", [8], offset: 32)], data: 40,
      "tensor \"y\": expected a file of 160 bytes, found 136: 24 are missing"),
    .init(
      "bytes behind the last tensor", [GGUFBytes.tensor("x", [1])], data: 33,
      "expected the file to end with tensor \"x\" at byte 96, found 1 more bytes"),
  ]
}

@Suite struct HostileContainerTests {
  @Test(
    arguments: HostileContainer.header + HostileContainer.metadata + HostileContainer.tensors)
  func aHostileFileIsRejectedWithItsReason(_ file: HostileContainer) throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("a.gguf", file.bytes)
      let failure = #expect(throws: GGUFFailure.self) { try GGUFFile.open(path) }
      let lines = (failure?.description ?? "").split(separator: "\n")
      #expect(lines.first.map(String.init) == "\(path): \(file.message)")
      #expect(lines.count == 2, "a second line says what to do")
      #expect(failure?.kind == .badData)
    }
  }

  @Test func whatWritersDoIsAccepted() throws {
    let accepted: [(name: String, bytes: [UInt8])] = [
      ("nothing", GGUFBytes().bytes), ("version 2", GGUFBytes(version: 2).bytes),
      ("no padding behind the last tensor", GGUFBytes.file([GGUFBytes.tensor("x", [1])], data: 4)),
      ("a padded last tensor", GGUFBytes.file([GGUFBytes.tensor("x", [1])], data: 32)),
      ("a scalar", GGUFBytes.file([GGUFBytes.tensor("x", [])], data: 4)),
      (
        "no elements",
        GGUFBytes.file([GGUFBytes.tensor("x", [0, 3]), GGUFBytes.tensor("y", [1])], data: 4)
      ),
      (
        "an alignment of 1",
        GGUFBytes(
          entries: [GGUFBytes.entry("general.alignment", 4, GGUFBytes.integer(UInt32(1)))],
          tensors: [GGUFBytes.tensor("x", [1]), GGUFBytes.tensor("y", [1], offset: 4)],
          alignment: 1, data: [UInt8](repeating: 0, count: 8)
        ).bytes
      ),
    ]
    try TemporaryFolder.with { folder in
      for file in accepted {
        let path = try folder.write("a.gguf", file.bytes)
        #expect(throws: Never.self, "\(file.name)") { try GGUFFile.open(path) }
      }
    }
  }

  /// The file has the bytes that its string asks for: they are more than any header needs.
  @Test func aHeaderOverTheLimitIsRejected() throws {
    try TemporaryFolder.with { folder in
      let length = UInt64(GGUFHeader.maximumByteCount)
      let path = try folder.write(
        "a.gguf", GGUFBytes.file(entry: GGUFBytes.entry("k", 8, GGUFBytes.integer(length))))
      // Sparse: nothing of it is on the disk.
      let handle = try FileHandle(forWritingTo: URL(filePath: path))
      try handle.truncate(atOffset: 2 * length)
      try handle.close()
      let failure = #expect(throws: GGUFFailure.self) { try GGUFFile.open(path) }
      #expect(
        failure
          == .headerTooLong(
            file: path, subject: "the value of \"k\"", byteCount: length, offset: 45))
      #expect(
        failure?.description.hasPrefix(
          "\(path): the value of \"k\": expected a header of at most 100000000 bytes, found 100000000 "
            + "more at byte 45\n") == true)
    }
  }

  /// The padding behind the last tensor may be missing; nothing else may.
  @Test func everyTruncationOfAFileIsRejected() throws {
    let bytes = try ContainerGolden.bytes("everything.gguf")
    try TemporaryFolder.with { folder in
      let path = folder.path("a.gguf")
      let end = try #require(
        GGUFFile.open(ContainerGolden.path("everything.gguf")).header.tensors.last?.byteRange
          .upperBound)
      for count in 0..<end {
        try folder.write("a.gguf", Array(bytes[..<count]))
        #expect(throws: GGUFFailure.self, "cut to \(count) bytes") { try GGUFFile.open(path) }
      }
      try folder.write("a.gguf", Array(bytes[..<end]))
      #expect(throws: Never.self) { try GGUFFile.open(path) }
    }
  }

  /// Whatever bytes change, opening throws or every tensor lies in the file, behind the one before.
  @Test func damagedFilesAreRejectedOrStillInOrder() throws {
    let seed: UInt64 = 0x5AFE_0002
    var random = SeededGenerator(seed: seed)
    let bytes = try ContainerGolden.bytes("everything.gguf")
    try TemporaryFolder.with { folder in
      for round in 0..<2000 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let position = Int.random(in: 0..<1700, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: damaged[position] = .random(in: 0...255, using: &random)
          case 1: damaged.remove(at: position)
          default: damaged.insert(.random(in: 0...255, using: &random), at: position)
          }
        }
        let path = try folder.write("a.gguf", damaged)
        do {
          let header = try GGUFFile.open(path).header
          var end = header.dataOffset
          for tensor in header.tensors {
            #expect(tensor.byteRange.lowerBound >= end, "seed \(seed), round \(round)")
            end = tensor.byteRange.upperBound
          }
          #expect(end <= damaged.count, "seed \(seed), round \(round)")
        } catch is GGUFFailure {}
      }
    }
  }
}
