import Bundles
import Checkpoints
import Families
import Recipes
import Reports
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct BundleInspectionTests {
  /// A bundle of the tiny network, and the report of its making.
  private func makeBundle(
    in folder: TemporaryFolder, recipe: String = "int8", compress: Bool = false
  ) throws -> (path: String, job: QuantizationJob, outcome: QuantizationJob.Outcome) {
    let model = try folder.write(
      "tiny.safetensors", TinyFlux2.original(), metadata: [.init(key: "license", value: "mit")])
    let job = try QuantizationJob(model: model, recipe: recipe, threads: 1)
    let path = folder.path("tiny.mmdit")
    let outcome = try job.run(output: path, compress: compress, producer: "a test")
    return (path, job, outcome)
  }

  @Test func aBundleIsDescribed() throws {
    try TemporaryFolder.with { folder in
      let (path, _, outcome) = try makeBundle(in: folder)
      let size = try FileSystem.byteCount(of: path)
      #expect(outcome.outputByteCount == size)
      let source = try FileReader.contents(of: folder.path("tiny.safetensors"), limit: 1 << 20)
      let digest = try SHA256Digest.ofFile(folder.path("tiny.safetensors")).0
      // Of 26,592 values 19,968 are in 28 matrices of the blocks; of their 1,024 rows each takes a
      // scale of 2 bytes. The rest stays in 4 bytes: 8 × (19,968 + 2,048 + 4 × 6,624) / 26,592 bits.
      #expect(
        try inspect(path).text(tensors: false) == """
          \(path): bundle
            FLUX.2 transformer, diffusers layout
            head count: 2, head size: 8, width: 16, double block count: 2, single block count: 2
            text size: 24, input channels: 8, output channels: 8, feed forward size: 48
            timestep channels: 32, has guidance, rotary base: 2000, epsilon: 1e-06
            recipe int8, 14.594 bits/weight, \(byteText(size)), resident: maps without a copy
            written by a test, licence of the source: mit
            from tiny.safetensors, \(byteText(source.count)), SHA-256 \(digest)

            stored as                       tensors  parameters    bytes
            ------------------------------  -------  ----------  -------
            F32                                  23       6,624  26.5 kB
            int8 row symmetric bf16 absmax       28      19,968  22.0 kB
          """)
    }
  }

  @Test func aDigestThatWasLeftOutIsSaidToBeMissing() throws {
    try TemporaryFolder.with { folder in
      let model = try folder.write("tiny.safetensors", TinyFlux2.original())
      let path = folder.path("tiny.mmdit")
      _ = try QuantizationJob(model: model, recipe: "int8", threads: 1).run(
        output: path, compress: false, digestsSources: false, producer: "a test")
      let inspection = try inspect(path)
      let size = byteText(try FileSystem.byteCount(of: model))
      #expect(
        inspection.text(tensors: false).contains("from tiny.safetensors, \(size), no digest\n"))
      let document = JSONField(document: "report", value: inspection.document)
      #expect(try document["sources"].array()[0]["sha256"].value == .null)
    }
  }

  private func byteText(_ count: Int) -> String {
    let tenths = (count + 50) / 100
    return "\(tenths / 10).\(tenths % 10) kB"
  }

  @Test func theDocumentHasRecipeSourcesAndChecksums() throws {
    try TemporaryFolder.with { folder in
      for compress in [false, true] {
        let (path, job, _) = try makeBundle(in: folder, recipe: "int4-g64", compress: compress)
        let document = JSONField(document: "report", value: try inspect(path).document)
        #expect(try document["kind"].string() == "bundle")
        #expect(try document["compressed"].bool() == compress)
        #expect(try document["bytes"].integer() == FileSystem.byteCount(of: path))
        #expect(try document["recipe"].value == job.plan.recipe.document)
        #expect(try document["configuration"].value == job.checkpoint.configuration.document)
        #expect(try document["license"].string() == "mit")
        #expect(try document["metadata"]["license"].string() == "mit")
        let source = try #require(try document["sources"].array().first)
        #expect(try source["name"].string() == "tiny.safetensors")
        #expect(try source["sha256"].string().count == 64)
        let bundle = try Bundle.open(path)
        let checksums = try document["checksums"]
        #expect(try checksums.object().keys == bundle.header.tensors.map(\.name))
        for tensor in bundle.header.tensors {
          for segment in tensor.segments {
            #expect(
              try checksums[tensor.name][segment.kind.rawValue].string()
                == segment.checksum.description)
          }
        }
      }
    }
  }

  @Test func everySegmentHasALineWithItsChecksum() throws {
    try TemporaryFolder.with { folder in
      let path = try makeBundle(in: folder).path
      let text = try inspect(path).text(tensors: true)
      let bundle = try Bundle.open(path)
      let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      for tensor in bundle.header.tensors {
        for segment in tensor.segments {
          let last = [segment.kind.rawValue, segment.checksum.description]
          #expect(
            rows.contains { $0.first == tensor.name && $0.count == 4 && [$0[1], $0[3]] == last })
        }
      }
    }
  }

  @Test func onlyABundleIsInspectedAsOne() throws {
    try TemporaryFolder.with { folder in
      let bundle = try makeBundle(in: folder).path
      #expect(try inspectBundle(bundle).document == inspect(bundle).document)
      #expect(throws: BundleFailure.self) { try inspectBundle(folder.path("tiny.safetensors")) }
    }
  }

  @Test func aFinishedJobReportsWhatItMade() throws {
    try TemporaryFolder.with { folder in
      let (path, job, outcome) = try makeBundle(in: folder)
      let report = QuantizationReport(job)
      let lines = report.text(outcome, output: path).split(separator: "\n")
      #expect(lines[0].hasPrefix("\(path): \(byteText(outcome.outputByteCount)), 14.594 bits"))
      #expect(lines[0].contains(", from 106.4 kB in "))
      #expect(lines[1] == "quantized 28 of 51 tensors")
      #expect(lines.last?.hasPrefix("peak memory ") == true)
      let document = JSONField(document: "report", value: report.document(outcome))
      #expect(try document["dry_run"].bool() == false)
      #expect(try document["output_bytes"].integer() == outcome.outputByteCount)
      #expect(try document["bits_per_weight"].double() == outcome.header.bitsPerWeight)
      // A resident bundle has exactly the planned bytes.
      #expect(try document["weight_bytes"].integer() == job.plan.weightByteCount)
      #expect(outcome.header.bitsPerWeight == job.plan.bitsPerWeight)
      #expect(try document["disk_bytes_needed"].integer() >= outcome.outputByteCount)
    }
  }
}
