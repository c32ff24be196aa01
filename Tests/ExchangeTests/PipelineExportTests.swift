import Checkpoints
import Exchange
import Families
import Storage
import StrictJSON
import TestSupport
import Testing

@Suite struct PipelineExportTests {
  @Test func aFolderTakesWhatItKnowsAndCarriesTheRest() throws {
    try TemporaryFolder.with { folder in
      let (path, outcome) = try export("bitsandbytes:nf4", of: Fixture.klein, to: folder)
      #expect(outcome.parts.count == 2)
      let model = try Model.open(path)
      #expect(model.components.map(\.name) == ["text_encoder", "transformer", "vae"])
      for part in ["transformer", "text_encoder"] {
        let document = try JSONField.parse(
          folder.read("out/\(part)/config.json"), document: part)
        let settings = try document["quantization_config"]
        #expect(try settings["quant_method"].string() == "bitsandbytes")
        let skipped = try settings["llm_int8_skip_modules"].array().map { try $0.string() }
        #expect(skipped.contains(part == "transformer" ? "x_embedder" : "lm_head"))
      }
      for name in ["vae/diffusion_pytorch_model.safetensors", "model_index.json"] {
        let before = try FileReader.contents(of: "\(Fixture.klein)/\(name)", limit: 1 << 24)
        #expect(try folder.read("out/\(name)") == before, "\(name)")
      }
    }
  }

  @Test func aTargetOfTextEncodersCarriesTheTransformer() throws {
    try TemporaryFolder.with { folder in
      let (path, outcome) = try export("compressed-tensors:int4", of: Fixture.klein, to: folder)
      #expect(outcome.parts.count == 1)
      let (found, source) = (try Checkpoint.open(path), try Checkpoint.open(Fixture.klein))
      #expect(try firstDifference(found.weights, source.weights) == nil)
    }
  }

  @Test func shardsOfAFolderHaveAnIndex() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("out")
      let job = try ExportJob(
        model: "\(Fixture.klein)/transformer", target: "bitsandbytes:int8", output: path,
        maximumFileSize: "8MB")
      _ = try job.run()
      let names = try FileSystem.names(in: path)
      #expect(names.contains("diffusion_pytorch_model.safetensors.index.json"))
      #expect(names.count { $0.hasSuffix(".safetensors") } == job.parts[0].plan.files.count)
      #expect(job.parts[0].plan.files.count > 1)
      _ = try Checkpoint.open(path)
    }
  }
}
