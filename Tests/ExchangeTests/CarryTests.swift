import Bundles
import Checkpoints
import Exchange
import Families
import Quantization
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct CarryTests {
  /// Targets and schemes whose every code and scale they hold.
  static let carried: [(String, Scheme)] = [
    ("comfyui:int8", Scheme(.int8, group: .row, scaleType: .float32)),
    ("comfyui:int8", Scheme(.int8, group: .row, scaleType: .bfloat16)),
    ("sdnq:int8", Scheme(.int8, group: .row, scaleType: .float16)),
    ("torchao:int8", Scheme(.int8, group: .row, scaleType: .float32)),
    ("bitsandbytes:int8", Scheme(.int8, group: .row, scaleType: .bfloat16)),
    (
      "sdnq:int4",
      Scheme(.int4, group: .columns64, scaleType: .bfloat16, clipping: .meanSquaredError)
    ),
    ("mlx:4bit-g64", Scheme(.int4, group: .columns64, scaleType: .bfloat16)),
    ("mlx:4bit-g128", Scheme(.int4, group: .columns128, scaleType: .bfloat16)),
    ("mlx:8bit-g32", Scheme(.int8, group: .columns32, scaleType: .float16)),
    ("mflux:4bit", Scheme(.int4, group: .columns64, scaleType: .bfloat16)),
    ("gguf:Q8_0", Scheme(.int8, group: .columns32, scaleType: .float16)),
    ("gguf:Q4_0", Scheme(.int4, group: .columns32, scaleType: .float16)),
  ]

  @Test(arguments: carried)
  func theCodesOfABundleGiveTheSameValuesEverywhere(id: String, scheme: Scheme) throws {
    try TemporaryFolder.with { folder in
      let bundle = try bundle(scheme, in: folder)
      let (path, outcome) = try export(id, of: bundle.path, to: folder)
      let found = try Checkpoint.open(path).weights
      #expect(try firstDifference(bundle.canonicalWeights(), found) == nil)
      #expect(outcome.parts[0].weights.allSatisfy { $0.metrics.maximumAbsoluteError == 0 })
    }
  }

  /// Another width, group, or type of scale than the target has.
  static let refused: [(String, Scheme)] = [
    ("comfyui:int8", Scheme(.int4, group: .columns64, scaleType: .bfloat16)),
    ("comfyui:int8", Scheme(.int8, group: .columns64, scaleType: .bfloat16)),
    ("comfyui:int8-convrot", Scheme(.int8, group: .row, scaleType: .float32)),
    ("bitsandbytes:int8", Scheme(.int8, group: .row, scaleType: .float32)),
    ("bitsandbytes:nf4", Scheme(.int4, group: .columns64, scaleType: .bfloat16)),
    ("mlx:4bit-g64", Scheme(.int4, group: .columns128, scaleType: .bfloat16)),
    (
      "mlx:4bit-g64",
      Scheme(.int4, group: .columns64, symmetry: .asymmetric, scaleType: .bfloat16)
    ),
    ("gguf:Q8_0", Scheme(.int8, group: .columns32, scaleType: .bfloat16)),
    ("gguf:Q4_K", Scheme(.int4, group: .columns32, scaleType: .float16)),
  ]

  @Test(arguments: refused)
  func codesThatATargetCannotHoldAreNotQuantizedAgain(id: String, scheme: Scheme) throws {
    try TemporaryFolder.with { folder in
      let bundle = try bundle(scheme, in: folder)
      #expect {
        _ = try export(id, of: bundle.path, to: folder)
      } throws: { error in
        guard case .cannotCarry(_, _, _, let found) = error as? ExportFailure else { return false }
        return found == scheme.description && "\(error)".contains("--source")
      }
      // From its source the output is what the source gives.
      let source = "\(Fixture.klein)/transformer"
      let (path, _) = try export(id, of: bundle.path, to: folder, source: source)
      let (direct, _) = try export(id, to: folder, name: "direct")
      #expect(
        try firstDifference(Checkpoint.open(path).weights, Checkpoint.open(direct).weights)
          == nil)
    }
  }

  @Test func aSourceOfOtherBytesIsRefused() throws {
    try TemporaryFolder.with { folder in
      let bundle = try bundle(
        Scheme(.int4, group: .columns64, scaleType: .bfloat16), in: folder)
      let other = folder.path("other")
      // The same weights in one file instead of three: another name, other bytes.
      _ = try export("gguf:BF16", of: Fixture.klein, to: folder, name: "plain")
      #expect {
        try export(
          "comfyui:int8", of: bundle.path, to: folder, source: folder.path("plain.gguf"))
      } throws: { error in
        guard case .otherSource(_, _, _, let expected, let found) = error as? ExportFailure else {
          return false
        }
        return expected.hasPrefix("SHA-256") && found == "no such file"
      }
      #expect(FileSystem.kind(of: other) == nil)
    }
  }

  /// A source whose bytes changed, but not its size: its digest tells, where it is recorded and asked for.
  @Test func aChangedSourceOfTheSameSizeIsNoticedByItsDigestOnly() throws {
    try TemporaryFolder.with { folder in
      let source = folder.path("source.safetensors")
      var content = TinyFlux2.original()
      try folder.write("source.safetensors", content)
      let scheme = Scheme(.int4, group: .columns16, scaleType: .bfloat16)
      let digested = try bundle(scheme, of: source, in: folder, name: "digested.mmdit")
      let undigested = try bundle(
        scheme, of: source, in: folder, digestsSources: false, name: "undigested.mmdit")
      content[content.count - 1].values[0] += 1
      try folder.write("source.safetensors", content)
      #expect {
        try export("comfyui:int8", of: digested.path, to: folder, source: source)
      } throws: { error in
        guard case .otherSource(_, _, _, let expected, let found) = error as? ExportFailure else {
          return false
        }
        return expected.hasPrefix("SHA-256") && found.count == 64
      }
      _ = try export(
        "comfyui:int8", of: digested.path, to: folder, source: source, digestsSources: false)
      _ = try export("comfyui:int8", of: undigested.path, to: folder, source: source)
    }
  }

  @Test(arguments: [false, true])
  func aSourceOfAnotherSizeIsRefusedWithoutADigest(isRecorded: Bool) throws {
    try TemporaryFolder.with { folder in
      let source = folder.path("source.safetensors")
      try folder.write("source.safetensors", TinyFlux2.original())
      let before = try FileSystem.byteCount(of: source)
      let bundle = try bundle(
        Scheme(.int4, group: .columns16, scaleType: .bfloat16), of: source, in: folder,
        digestsSources: isRecorded)
      try folder.write(
        "source.safetensors", TinyFlux2.original(), metadata: [.init(key: "a", value: "b")])
      let after = try FileSystem.byteCount(of: source)
      #expect(
        throws: ExportFailure.otherSource(
          source: source, bundle: bundle.path, file: "source.safetensors",
          expected: "\(before) bytes", found: "\(after)")
      ) {
        try export(
          "comfyui:int8", of: bundle.path, to: folder, source: source, digestsSources: false)
      }
    }
  }

  @Test func aSourceIsForBundlesOnly() throws {
    try TemporaryFolder.with { folder in
      _ = #expect(throws: ExportFailure.sourceWithoutBundle(path: Fixture.klein)) {
        try export("comfyui:int8", of: Fixture.klein, to: folder, source: Fixture.klein)
      }
    }
  }

  @Test func plainValuesOfABundleAreNoSecondQuantization() throws {
    try TemporaryFolder.with { folder in
      let bundle = try bundle(
        Scheme(.int4, group: .row, symmetry: .asymmetric, scaleType: .bfloat16), in: folder)
      let (path, _) = try export("gguf:F32", of: bundle.path, to: folder)
      #expect(
        try firstDifference(bundle.canonicalWeights(), Checkpoint.open(path).weights) == nil)
    }
  }
}
