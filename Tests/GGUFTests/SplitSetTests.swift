import GGUF
import Storage
import TestSupport
import Testing

/// Sets whose files do not belong together are refused with what is wrong.
@Suite struct SplitSetTests {
  private static let names = (1...3).map { "set-0000\($0)-of-00003.gguf" }

  /// Calls `body` with a folder that has the three files of the set.
  private func withSet(_ body: (TemporaryFolder) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      for name in Self.names { try folder.write(name, ContainerGolden.bytes(name)) }
      try body(folder)
    }
  }

  private func message(_ path: String) -> String {
    do {
      _ = try GGUFCheckpoint.open(path)
      return "no failure"
    } catch {
      return "\(error)".replacing(FileSystem.folder(of: path) + "/", with: "")
    }
  }

  @Test func aLaterFileNamesTheFirst() throws {
    try withSet { folder in
      #expect(
        message(folder.path(Self.names[1])) == """
          set-00002-of-00003.gguf: expected the first of 3 files of a set, found number 2
          Name "set-00001-of-00003.gguf", which leads to the others.
          """)
    }
  }

  @Test func aMissingFileIsNamed() throws {
    try withSet { folder in
      try folder.remove(Self.names[2])
      #expect(
        message(folder.path(Self.names[0])) == """
          set-00001-of-00003.gguf: expected the file "set-00003-of-00003.gguf", number 3 of 3, beside \
          it, found none
          Fetch the file, or the whole set again.
          """)
    }
  }

  @Test func aFileWithoutItsNumberIsRefused() throws {
    try withSet { folder in
      try folder.write("a.gguf", folder.read(Self.names[0]))
      #expect(
        message(folder.path("a.gguf")).hasPrefix(
          "a.gguf: expected a name that ends in \"-00001-of-00003.gguf\", found another\n"))
    }
  }

  @Test func filesOfTwoSetsAreToldApart() throws {
    try withSet { folder in
      try folder.write(Self.names[1], folder.read(Self.names[2]))
      #expect(
        message(folder.path(Self.names[0])).hasPrefix(
          "set-00002-of-00003.gguf: key \"split.no\": expected 1, found 2\n"))
      try folder.write(
        Self.names[1], GGUFBytes.file(entry: GGUFBytes.entry("k", 7, [1])))
      #expect(
        message(folder.path(Self.names[0])).hasPrefix(
          "set-00002-of-00003.gguf: key \"split.count\": expected 3, found no such key\n"))
    }
  }

  private func part(_ number: UInt16, tensors: [[UInt8]], data: Int) -> [UInt8] {
    GGUFBytes(
      entries: [
        GGUFBytes.entry("split.no", 2, GGUFBytes.integer(number)),
        GGUFBytes.entry("split.count", 2, GGUFBytes.integer(UInt16(2))),
        GGUFBytes.entry("split.tensors.count", 5, GGUFBytes.integer(Int32(2))),
      ], tensors: tensors, data: [UInt8](repeating: 0, count: data)
    ).bytes
  }

  @Test func aTensorInTwoFilesIsRefused() throws {
    try TemporaryFolder.with { folder in
      for number: UInt16 in 0..<2 {
        try folder.write(
          "x-0000\(number + 1)-of-00002.gguf",
          part(number, tensors: [GGUFBytes.tensor("x", [1])], data: 4))
      }
      #expect(
        message(folder.path("x-00001-of-00002.gguf")).hasPrefix(
          "x-00002-of-00002.gguf: tensor \"x\": expected it in one file of the set, found it in "
            + "\"x-00001-of-00002.gguf\" too\n"))
    }
  }

  @Test func aSetWithTooFewTensorsIsRefused() throws {
    try TemporaryFolder.with { folder in
      try folder.write(
        "x-00001-of-00002.gguf", part(0, tensors: [GGUFBytes.tensor("x", [1])], data: 4))
      try folder.write("x-00002-of-00002.gguf", part(1, tensors: [], data: 0))
      #expect(
        message(folder.path("x-00001-of-00002.gguf")).hasPrefix(
          "x-00001-of-00002.gguf: key \"split.tensors.count\": expected 1, found 2\n"))
    }
  }

  @Test func aShapeThatDoesNotFitIsRefused() throws {
    try TemporaryFolder.with { folder in
      let key = "comfy.gguf.orig_shape.x"
      let values = [5, 7].flatMap { GGUFBytes.integer(Int32($0)) }
      let file = GGUFBytes(
        entries: [
          GGUFBytes.entry(
            key, 9, GGUFBytes.integer(UInt32(5)) + GGUFBytes.integer(UInt64(2)) + values)
        ], tensors: [GGUFBytes.tensor("x", [36])], data: [UInt8](repeating: 0, count: 144))
      try folder.write("a.gguf", file.bytes)
      #expect(
        message(folder.path("a.gguf")).hasPrefix(
          "a.gguf: key \"\(key)\": expected an array of int32 whose product is 36, found [5, 7], of "
            + "the type array\n"))
    }
  }
}
