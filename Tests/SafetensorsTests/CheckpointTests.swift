import Failures
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

private let first = "model-00001-of-00002.safetensors"
private let second = "model-00002-of-00002.safetensors"

/// Two shards of one tensor each, and an index; tests change one thing.
private struct Shards {
  var firstNames = ["a"]
  var secondNames = ["b"]
  var weightMap: [(String, String)] = [("a", first), ("b", second)]
  var metadata = #"{"total_size":8}"#
  var indexName = "model.safetensors.index.json"

  func write(to folder: TemporaryFolder) throws {
    for (shard, names) in [(first, firstNames), (second, secondNames)] {
      try folder.write(
        shard, SafetensorsBytes.file(float32: names.map { ($0, [Float($0.utf8.count)]) }))
    }
    let map = weightMap.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
    try folder.write(indexName, "{\"metadata\":\(metadata),\"weight_map\":{\(map)}}")
  }
}

@Suite struct CheckpointTests {
  /// Writes the shards, changes the folder, opens it, and returns the failure with `FOLDER` for the
  /// folder's path.
  private func failure(
    _ shards: Shards = Shards(), _ change: (TemporaryFolder) throws -> Void = { _ in }
  ) throws -> (failure: SafetensorsFailure?, text: String) {
    try TemporaryFolder.with { folder in
      try shards.write(to: folder)
      try change(folder)
      let failure = #expect(throws: SafetensorsFailure.self) {
        try SafetensorsCheckpoint.open(folder.path)
      }
      return (failure, "\(failure?.description ?? "")".replacing(folder.path, with: "FOLDER"))
    }
  }

  @Test func aFolderWithAnIndexOpensItsShards() throws {
    try TemporaryFolder.with { folder in
      try Shards().write(to: folder)
      for path in [folder.path, folder.path("model.safetensors.index.json")] {
        let checkpoint = try SafetensorsCheckpoint.open(path)
        #expect(checkpoint.weights.map(\.name) == ["a", "b"])
        #expect(checkpoint.files.map { FileSystem.name(of: $0.path) } == [first, second])
        #expect(checkpoint.origin == folder.path("model.safetensors.index.json"))
        #expect(try checkpoint.values(of: "b") == [1])
      }
    }
  }

  @Test func diffusersNamesAndVariantsOpen() throws {
    for name in [
      "diffusion_pytorch_model.safetensors.index.json", "model.safetensors.index.fp16.json",
    ] {
      try TemporaryFolder.with { folder in
        var shards = Shards()
        shards.indexName = name
        try shards.write(to: folder)
        #expect(try SafetensorsCheckpoint.open(folder.path).weights.count == 2)
      }
    }
  }

  @Test func theOnlyFileOfAFolderOpens() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("x.safetensors", SafetensorsBytes.file(float32: [("a", [1])]))
      try folder.write("config.json", "{}")
      for target in [folder.path, path] {
        #expect(try SafetensorsCheckpoint.open(target).origin == path)
      }
    }
  }

  @Test func aTotalSizeMayBeMissingOrAFloatingPointNumber() throws {
    for metadata in ["{}", "null", #"{"total_size":8.0,"total_parameters":2}"#] {
      try TemporaryFolder.with { folder in
        var shards = Shards()
        shards.metadata = metadata
        try shards.write(to: folder)
        #expect(try SafetensorsCheckpoint.open(folder.path).weights.count == 2)
      }
    }
  }

  @Test func severalFilesWithoutAnIndexAreListed() throws {
    let (failure, text) = try failure { folder in
      try folder.remove("model.safetensors.index.json")
    }
    #expect(
      text == """
        FOLDER: expected one checkpoint, found 2 files that could be meant
        Name one of them: "\(first)", "\(second)".
        """)
    #expect(failure?.kind == .usage)
  }

  @Test func twoIndexesAreListed() throws {
    let (_, text) = try failure { folder in
      try folder.write("other.safetensors.index.json", "{}")
    }
    #expect(
      text.hasSuffix(
        #"Name one of them: "model.safetensors.index.json", "other.safetensors.index.json"."#))
  }

  @Test func anIndexBesideTheSingleFileOfItsNameIsAmbiguous() throws {
    let (_, text) = try failure { folder in
      try folder.write("model.safetensors", SafetensorsBytes.file(float32: [("a", [1])]))
    }
    #expect(
      text.hasSuffix(
        #"Name one of them: "model.safetensors", "model.safetensors.index.json"."#))
  }

  @Test func anEmptyFolderNamesWhereSomethingIs() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("scheduler")
      let inner = TemporaryFolder(path: try folder.makeFolder("transformer"))
      try inner.write("x.safetensors", SafetensorsBytes.file(float32: [("a", [1])]))
      let failure = #expect(throws: SafetensorsFailure.self) {
        try SafetensorsCheckpoint.open(folder.path)
      }
      #expect(
        failure == .noCheckpoint(folder: folder.path, subfolders: ["transformer"]))
      #expect(
        failure?.description == """
          \(folder.path): expected a .safetensors file or an index of shards, found none
          Name one of its folders: "transformer".
          """)
    }
  }

  @Test func aMissingShardIsNamed() throws {
    let (_, text) = try failure { try $0.remove(second) }
    #expect(
      text == """
        FOLDER/model.safetensors.index.json: expected the file "\(second)" with 1 tensors beside \
        it, found none
        Fetch the file, or the whole checkpoint again.
        """)
  }

  @Test func aShardOfAnotherSetIsNamed() throws {
    let (_, text) = try failure { folder in
      try folder.write("model-00003-of-00003.safetensors", [1, 2, 3])
    }
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: expected every shard in the index, found the file \
        "model-00003-of-00003.safetensors" beside it
        """))
  }

  @Test func filesOfOtherNamesDoNotDisturb() throws {
    try TemporaryFolder.with { folder in
      try Shards().write(to: folder)
      try folder.write("adapter-00001-of-00002.safetensors", [])
      try folder.write("model.fp16-00001-of-00002.safetensors", [])
      try folder.write("notes.txt", "x")
      #expect(try SafetensorsCheckpoint.open(folder.path).weights.count == 2)
    }
  }

  @Test(arguments: ["../a.safetensors", "/etc/a.safetensors", "sub/a.safetensors", "..", ".", ""])
  func aShardOutsideTheFolderIsNotFollowed(shard: String) throws {
    var shards = Shards()
    shards.weightMap[1].1 = shard
    let (_, text) = try failure(shards)
    #expect(
      text == """
        FOLDER/model.safetensors.index.json: tensor "b": expected a file beside the index, found \
        "\(shard)"
        An index that leads elsewhere is not followed; correct it.
        """)
  }

  @Test func aTensorThatNoShardHasIsNamed() throws {
    var shards = Shards()
    shards.weightMap.append(("c", second))
    let (_, text) = try failure(shards)
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: tensor "c": expected it in "\(second)", found it in \
        no shard
        """))
  }

  @Test func aTensorInAnotherShardThanListedIsNamed() throws {
    var shards = Shards()
    shards.firstNames = ["a", "b"]
    shards.secondNames = ["c"]
    shards.weightMap.append(("c", second))
    let (_, text) = try failure(shards)
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: tensor "b": expected it in "\(second)", found it in \
        "\(first)"
        """))
  }

  @Test func aTensorThatTheIndexLacksIsNamed() throws {
    var shards = Shards()
    shards.firstNames = ["a", "x"]
    let (_, text) = try failure(shards)
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: tensor "x": expected every tensor in the index, found \
        it in "\(first)" only
        """))
  }

  @Test func aTensorInTwoShardsIsNamed() throws {
    var shards = Shards()
    shards.secondNames = ["a", "b"]
    let (_, text) = try failure(shards)
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: tensor "a": expected it in one shard, found it in \
        "\(first)" and "\(second)"
        """))
  }

  @Test func aTotalSizeThatDisagreesIsAFailure() throws {
    var shards = Shards()
    shards.metadata = #"{"total_size":12}"#
    let (_, text) = try failure(shards)
    #expect(
      text.hasPrefix(
        """
        FOLDER/model.safetensors.index.json: metadata.total_size: expected 12 bytes in all \
        tensors, found 8
        """))
  }

  @Test func anIndexOfTheWrongFormSaysWhere() throws {
    let cases = [
      ("[]", "expected an object, found an array"),
      ("{}", #"expected the key "weight_map", found no keys"#),
      (#"{"weight_map":{}}"#, "weight_map: expected tensors, found none"),
      (
        #"{"weight_map":{"a.weight":1}}"#,
        #"weight_map["a.weight"]: expected a string, found a number"#
      ),
      (
        #"{"weight_map":{"a":"b"},"metadata":{"total_size":-1}}"#,
        "metadata.total_size: expected an integer from 0 to 9223372036854775807, found -1"
      ),
      (
        #"{"weight_map":{"a":"b","a":"c"}}"#,
        "byte 23: expected each key once, found \"a\" again"
      ),
    ]
    for (index, message) in cases {
      let (_, text) = try failure { try $0.write("model.safetensors.index.json", index) }
      #expect(text.hasPrefix("FOLDER/model.safetensors.index.json: \(message)"))
    }
  }

  @Test func aDamagedShardIsNamedItself() throws {
    let (_, text) = try failure { try $0.write(second, [0, 0]) }
    #expect(text.hasPrefix("FOLDER/\(second): expected 8 bytes"))
  }
}
