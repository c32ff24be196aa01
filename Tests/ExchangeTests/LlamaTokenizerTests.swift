import Exchange
import GGUF
import Safetensors
import Storage
import StrictJSON
import TestSupport
import Testing

/// A `tokenizer.json` that lies beside a text encoder.
@Suite struct LlamaTokenizerTests {
  /// What is left of the export when the fixture's tokenizer has been changed.
  private func metadata(
    of folder: TemporaryFolder, _ change: (inout JSONObject) -> Void
  ) throws -> GGUFMetadata {
    try folder.makeFolder("text_encoder")
    try folder.makeFolder("tokenizer")
    for name in ["config.json", "model.safetensors"] {
      try folder.write(
        "text_encoder/\(name)",
        FileReader.contents(of: "\(Fixture.klein)/text_encoder/\(name)", limit: 1 << 24))
    }
    let path = "\(Fixture.klein)/tokenizer/tokenizer.json"
    var document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 20), document: path
    ).object()
    change(&document)
    try folder.write("tokenizer/tokenizer.json", JSONValue.object(document).compact())
    let (output, _) = try export("gguf:F16", of: folder.path("text_encoder"), to: folder)
    return try GGUFCheckpoint.open(output).metadata
  }

  private func changeModel(
    _ document: inout JSONObject, _ change: (inout JSONObject) -> Void
  ) {
    guard case .object(var model) = document["model"] else { return }
    change(&model)
    document["model"] = .object(model)
  }

  @Test func withoutSettingsTheConfigurationHasTheIds() throws {
    try TemporaryFolder.with { folder in
      let metadata = try metadata(of: folder) { _ in }
      #expect(metadata["tokenizer.ggml.bos_token_id"] == .uint32(2000))
      #expect(metadata["tokenizer.ggml.eos_token_id"] == .uint32(2002))
      #expect(metadata["tokenizer.ggml.padding_token_id"] == nil)
      #expect(metadata["tokenizer.ggml.add_bos_token"] == nil)
    }
  }

  @Test func pairsMayBeTexts() throws {
    try TemporaryFolder.with { folder in
      let metadata = try metadata(of: folder) { document in
        changeModel(&document) { $0["merges"] = ["Ġ b", "a c"] }
      }
      #expect(metadata["tokenizer.ggml.merges"] == .array(.string(["Ġ b", "a c"])))
    }
  }

  @Test func aTokenizerOfAnotherKindIsLeftOut() throws {
    for key in ["pre_tokenizer", "type"] {
      try TemporaryFolder.with { folder in
        let metadata = try metadata(of: folder) { document in
          if key == "type" {
            changeModel(&document) { $0["type"] = "WordPiece" }
          } else {
            document[key] = ["type": "ByteLevel"]
          }
        }
        #expect(metadata["tokenizer.ggml.model"] == nil)
        #expect(metadata["qwen3.block_count"] == .uint32(28))
      }
    }
  }

  /// Members of the model, and values that no tokenizer of 2048 tokens has.
  static let damaged: [(String, JSONValue)] = [
    ("vocab", ["a": 2048]), ("vocab", ["a": -1]), ("vocab", ["a": 1, "b": 1]),
    ("vocab", ["a": 2000]), ("vocab", ["a"]), ("vocab", ["a": 1.5]),
    ("merges", [["a", "b", "c"]]), ("merges", [["a b", "c"]]), ("merges", ["ab"]),
    ("merges", ["a b c"]), ("merges", [1]), ("merges", 1),
  ]

  @Test(arguments: damaged)
  func aDamagedTokenizerIsRefused(key: String, value: JSONValue) throws {
    try TemporaryFolder.with { folder in
      #expect {
        _ = try metadata(of: folder) { document in
          changeModel(&document) { $0[key] = value }
        }
      } throws: { error in
        guard case .mismatch(let file, let place, _, _) = error as? JSONFailure else {
          return "\(error)".contains("tokenizer.json")
        }
        return file.hasSuffix("tokenizer.json") && place.hasPrefix("model.\(key)")
          || place.hasPrefix("added_tokens")
      }
      #expect(FileSystem.kind(of: folder.path("out.gguf")) == nil)
    }
  }
}
