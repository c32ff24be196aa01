import Bundles
import Families
import Recipes
import Storage
import TestSupport
import Testing

@Suite struct SourceDigestTests {
  @discardableResult
  private func write(
    _ name: String, in folder: TemporaryFolder, compress: Bool, digestsSources: Bool
  ) throws -> BundleHeader {
    let job = try QuantizationJob(
      model: folder.path("a.safetensors"), recipe: "int8", threads: 2)
    return try job.run(
      output: folder.path(name), compress: compress, digestsSources: digestsSources,
      producer: "test"
    ).header
  }

  @Test(arguments: [false, true])
  func leftOutOnlyTheDigestIsMissing(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      try folder.write("a.safetensors", TinyFlux2.diffusers())
      let with = try write("with", in: folder, compress: compress, digestsSources: true)
      let without = try write("without", in: folder, compress: compress, digestsSources: false)
      let byteCount = try FileSystem.byteCount(of: folder.path("a.safetensors"))
      #expect(
        without.provenance.sources == [
          SourceFile(name: "a.safetensors", byteCount: byteCount, sha256: nil)
        ])
      #expect(try Bundle.open(folder.path("without")).header == without)
      let digest = try #require(with.provenance.sources[0].sha256)
      #expect(digest == (try SHA256Digest.ofFile(folder.path("a.safetensors")).hexadecimal))
      try BundleBuilder.rewriteHeader(of: folder.path("with")) {
        $0.replacing("\"sha256\":\"\(digest)\"", with: "\"sha256\":null")
      }
      #expect(try folder.read("with") == folder.read("without"))
    }
  }

  @Test func storedAnotherWayItStaysLeftOut() throws {
    try TemporaryFolder.with { folder in
      try folder.write("a.safetensors", TinyFlux2.diffusers())
      let header = try write("a.mmdit", in: folder, compress: false, digestsSources: false)
      let bundle = try Bundle.open(folder.path("a.mmdit"))
      try bundle.check()
      let packed = try repack(bundle, to: folder.path("b.mmdit"), compress: true)
      #expect(packed.provenance == header.provenance)
      let moved = try RelayoutJob(
        bundle: folder.path("a.mmdit"), output: folder.path("c.mmdit"), layout: .original
      ).run()
      #expect(moved.provenance == header.provenance)
    }
  }

  @Test func thePartsOfAPipelineHaveNoneEither() throws {
    try TemporaryFolder.with { folder in
      let recipes = try #require(try ComponentRecipes(parsing: "transformer=int8"))
      _ = try PipelineQuantization(model: Fixture.klein, recipes: recipes, threads: 2).run(
        output: folder.path("out"), compress: false, digestsSources: false, producer: "test")
      let bundle = try Bundle.open(
        folder.path("out/transformer/diffusion_pytorch_model.mmdit"))
      let sources = bundle.header.provenance.sources
      #expect(!sources.isEmpty && sources.allSatisfy { $0.sha256 == nil && $0.byteCount > 0 })
    }
  }

  private static let digits = String(repeating: "0", count: 64)

  /// What stands for a digest and is none; only null says that there is none.
  @Test(arguments: [
    ("\"sha256\":\"\"", "sha256: expected 64 hexadecimal digits"),
    ("\"sha256\":\"null\"", "sha256: expected 64 hexadecimal digits"),
    ("\"sha256\":\"\(digits)0\"", "sha256: expected 64 hexadecimal digits"),
    ("\"sha256\":\"\(digits.dropLast())A\"", "sha256: expected 64 hexadecimal digits"),
    ("\"sha256\":0", "sha256: expected a string"),
    ("\"sha256\":false", "sha256: expected a string"),
    ("\"sha256\":null,\"sha256\":null", "sha256"),
    ("\"md5\":null", "md5"),
  ])
  func aDigestThatLies(replacement: String, message: String) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      try BundleBuilder.rewriteHeader(of: folder.path("b")) {
        $0.replacing("\"sha256\":\"\(Self.digits)\"", with: replacement)
      }
      #expect {
        try Bundle.open(folder.path("b"))
      } throws: { "\($0)".contains(message) }
    }
  }

  @Test func silenceIsNoDigest() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      try BundleBuilder.rewriteHeader(of: folder.path("b")) {
        $0.replacing(",\"sha256\":\"\(Self.digits)\"", with: "")
      }
      #expect {
        try Bundle.open(folder.path("b"))
      } throws: { "\($0)".contains("sha256") }
    }
  }
}
