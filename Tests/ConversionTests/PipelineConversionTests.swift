import Checkpoints
import Conversion
import Families
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct PipelineConversionTests {
  private func convert(
    _ model: String, to output: String, layout: Layout = .diffusers, type: ElementType? = nil
  ) throws -> ConversionJob {
    let job = try ConversionJob(
      model: model, output: output, layout: layout, type: type, maximumFileSize: nil)
    _ = try job.run()
    return job
  }

  private func tensors(_ path: String) throws -> [String: [Float]] {
    let source = try SafetensorsCheckpoint.open(path)
    return Dictionary(
      uniqueKeysWithValues: try source.weights.map {
        ($0.name, try source.values(of: $0.name))
      })
  }

  @Test func aPipelineBecomesAPipelineWithEverythingInIt() throws {
    try TemporaryFolder.with { folder in
      let job = try convert(Fixture.klein, to: folder.path("out"))
      #expect(job.parts.map(\.name) == ["text_encoder", "transformer", "vae"])
      #expect(job.leftOut.isEmpty)
      for name in job.carried.map(\.name) + job.parts.map({ "\($0.name)/config.json" }) {
        let before = try FileReader.contents(of: "\(Fixture.klein)/\(name)", limit: 1 << 24)
        #expect(try folder.read("out/\(name)") == before, "\(name)")
      }
      #expect(job.carried.map(\.name).contains("tokenizer/vocab.json"))
      #expect(job.carried.map(\.name).contains("scheduler/scheduler_config.json"))
      for part in ["text_encoder", "transformer", "vae"] {
        let found = try tensors(folder.path("out/\(part)"))
        let expected = try tensors("\(Fixture.klein)/\(part)")
        #expect(found == expected, "\(part)")
      }
      // What the index does not name stays behind.
      #expect(!(try FileSystem.names(in: folder.path("out"))).contains("lora-ink"))
      let again = try Model.open(folder.path("out"))
      #expect(again.components.map(\.name) == ["text_encoder", "transformer", "vae"])
    }
  }

  @Test func thereAndBackEveryFileIsTheSame() throws {
    try TemporaryFolder.with { folder in
      _ = try convert(Fixture.klein, to: folder.path("original"), layout: .original)
      _ = try convert(folder.path("original"), to: folder.path("back"))
      _ = try convert(Fixture.klein, to: folder.path("straight"))
      for part in [
        "text_encoder/model.safetensors", "transformer/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
      ] {
        #expect(try folder.read("back/\(part)") == folder.read("straight/\(part)"), "\(part)")
      }
      let original = try SafetensorsCheckpoint.open(folder.path("original/vae"))
      #expect(
        original.weight(named: "encoder.mid.attn_1.q.weight")?.shape.extents.suffix(2) == [1, 1])
    }
  }

  @Test func aTypeIsWhatTheDocumentOfATextEncoderSays() throws {
    try TemporaryFolder.with { folder in
      _ = try convert(Fixture.klein, to: folder.path("out"), type: .float32)
      let text = String(decoding: try folder.read("out/text_encoder/config.json"), as: UTF8.self)
      #expect(text.contains("\"float32\""))
      #expect(!text.contains("bfloat16"))
      // A counter is no weight, whatever type these get.
      let vae = try SafetensorsCheckpoint.open(folder.path("out/vae"))
      #expect(vae.weight(named: "bn.num_batches_tracked")?.encoding == "I64")
      #expect(vae.weight(named: "bn.running_mean")?.encoding == "F32")
    }
  }

  @Test func oneFileTakesTheTransformerAndNamesTheOthers() throws {
    try TemporaryFolder.with { folder in
      let output = folder.path("out.safetensors")
      let job = try convert(Fixture.klein, to: output, layout: .comfyUI)
      #expect(job.parts.map(\.name) == ["transformer"])
      #expect(job.leftOut.map(\.name) == ["text_encoder", "vae"])
      let names = try SafetensorsCheckpoint.open(output).weights.map(\.name)
      #expect(names.allSatisfy { $0.hasPrefix("model.diffusion_model.") })
    }
  }

  // MARK: Several components in one file

  /// The transformer and the autoencoder of the fixture in one file, and the scale of a CLIP model.
  private func writeTogether(_ folder: TemporaryFolder, strays: [NamedTensor] = []) throws -> String
  {
    var together: [NamedTensor] = TinyFlux2.original(prefix: "model.diffusion_model.") + strays
    let autoencoder = folder.path("vae.safetensors")
    _ = try convert("\(Fixture.klein)/vae", to: autoencoder, layout: .original, type: .float32)
    let source = try SafetensorsCheckpoint.open(autoencoder)
    for weight in source.weights {
      together.append(
        NamedTensor(
          "first_stage_model.\(weight.name)", weight.shape.extents,
          try source.values(of: weight.name)))
    }
    return try folder.write("together.safetensors", together)
  }

  @Test func componentsOfOneFileGetFoldersOfTheirOwn() throws {
    try TemporaryFolder.with { folder in
      let job = try convert(try writeTogether(folder), to: folder.path("out"))
      #expect(job.parts.map(\.name) == ["transformer", "vae"])
      let transformer = try tensors(folder.path("out/transformer"))
      for tensor in TinyFlux2.diffusers() {
        #expect(transformer[tensor.name] == tensor.values, "\(tensor.name)")
      }
      let autoencoder = try tensors(folder.path("out/vae"))
      let expected = try tensors("\(Fixture.klein)/vae")
      #expect(autoencoder == expected)
      #expect(job.parts.allSatisfy { $0.checkpoint.dropped.isEmpty })
    }
  }

  @Test func whatBelongsToNoComponentIsNamed() throws {
    try TemporaryFolder.with { folder in
      let path = try writeTogether(folder, strays: [NamedTensor("ema.decay", [1], [0.5])])
      #expect(throws: FamilyFailure.unexpected(origin: path, names: ["ema.decay"])) {
        _ = try Model.open(path)
      }
    }
  }

  @Test func threadsDoNotChangeAByte() throws {
    try TemporaryFolder.with { folder in
      for threads in [1, 3] {
        let job = try ConversionJob(
          model: Fixture.klein, output: folder.path("\(threads)"), layout: .original, type: nil,
          maximumFileSize: "8MB")
        _ = try job.run(threads: threads)
      }
      for part in ["text_encoder", "transformer", "vae"] {
        for name in try FileSystem.names(in: folder.path("1/\(part)")) {
          let one = try folder.read("1/\(part)/\(name)")
          #expect(try folder.read("3/\(part)/\(name)") == one, "\(part)/\(name)")
        }
      }
    }
  }

  // MARK: Interrupted

  @Test func aStoppedPipelineGoesOnToTheSameBytes() throws {
    try TemporaryFolder.with { folder in
      func job(_ name: String) throws -> ConversionJob {
        try ConversionJob(
          model: Fixture.klein, output: folder.path(name), layout: .original, type: nil,
          maximumFileSize: nil)
      }
      _ = try job("whole").run(threads: 1)
      for count in [1, 40, 90, 140, 500] {
        let monitor = RecordingMonitor(stoppingAfter: count).monitor
        _ = try? job("out").run(threads: 1, resuming: true, monitor: monitor)
      }
      let outcome = try job("out").run(threads: 1, resuming: true)
      #expect(outcome.takenOverByteCount > 0)
      for part in ["text_encoder", "transformer", "vae", "tokenizer"] {
        for name in try FileSystem.names(in: folder.path("whole/\(part)")) {
          let whole = try folder.read("whole/\(part)/\(name)")
          #expect(try folder.read("out/\(part)/\(name)") == whole, "\(part)/\(name)")
        }
        let names = try FileSystem.names(in: folder.path("whole/\(part)"))
        #expect(try FileSystem.names(in: folder.path("out/\(part)")) == names)
      }
    }
  }
}
