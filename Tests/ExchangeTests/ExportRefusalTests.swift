import Checkpoints
import Exchange
import Families
import Parallel
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ExportRefusalTests {
  @Test func tensorsThatATargetCannotHoldAreListedBeforeAnyWork() throws {
    try TemporaryFolder.with { folder in
      let model = folder.path("tiny.safetensors")
      try folder.write("tiny.safetensors", TinyFlux2.original())
      #expect {
        try export("mlx:4bit-g64", of: model, to: folder)
      } throws: { error in
        guard case .incompatible(_, _, let tensors) = error as? ExportFailure else { return false }
        // The linear layers of the blocks; only the last of each single block has 64 columns.
        return tensors.count == 26 && tensors[0].tensor == "transformer_blocks.0.attn.to_q.weight"
          && tensors[0].found == "[16, 16]"
      }
      #expect(try FileSystem.names(in: folder.path) == ["tiny.safetensors"])
    }
  }

  @Test func aNetworkThatATargetDoesNotTakeIsRefused() throws {
    try TemporaryFolder.with { folder in
      for (id, part) in [
        ("gguf:Q8_0", "vae"), ("bitsandbytes:nf4", "vae"), ("torchao:int8", "vae"),
        ("compressed-tensors:int4", "transformer"),
      ] {
        #expect("\(id) of \(part)") {
          try export(id, of: "\(Fixture.klein)/\(part)", to: folder)
        } throws: { error in
          guard case .unsupportedModel(let target, _, _) = error as? ExportFailure else {
            return false
          }
          return target == id
        }
      }
    }
  }

  @Test func theNameOfTheOutputTellsWhatItIs() throws {
    try TemporaryFolder.with { folder in
      for (id, name) in [
        ("gguf:Q8_0", "x.safetensors"), ("comfyui:int8", "x"), ("bitsandbytes:nf4", "x.gguf"),
      ] {
        #expect("\(id) as \(name)") {
          try ExportJob(model: Fixture.klein, target: id, output: folder.path(name))
        } throws: { error in
          if case .wrongOutput = error as? ExportFailure { true } else { false }
        }
      }
    }
  }

  @Test func aValueWithoutACodeLeavesTheOldOutputAsItWas() throws {
    try TemporaryFolder.with { folder in
      var tensors = TinyFlux2.original()
      let place = try #require(
        tensors.firstIndex { $0.name == "single_blocks.1.linear2.weight" })
      tensors[place].values[70] = .nan
      try folder.write("tiny.safetensors", tensors)
      try folder.write("out.safetensors", [1, 2, 3])
      #expect {
        try export("comfyui:int8", of: folder.path("tiny.safetensors"), to: folder)
      } throws: { error in
        // Row 1, column 6 of 64 columns.
        "\(error)".contains("\"single_blocks.1.linear2.weight\": row 1, column 6:")
      }
      #expect(try folder.read("out.safetensors") == [1, 2, 3])
      #expect(
        Set(try FileSystem.names(in: folder.path)) == ["tiny.safetensors", "out.safetensors"])
    }
  }

  @Test func theInputIsNotOverwritten() throws {
    try TemporaryFolder.with { folder in
      try folder.write("tiny.safetensors", TinyFlux2.original())
      let path = folder.path("tiny.safetensors")
      #expect(throws: ExportFailure.outputIsSource(path: path)) {
        try ExportJob(model: path, target: "comfyui:int8", output: path)
      }
    }
  }

  @Test func aValueThatIsReadBackWrongIsNoticed() throws {
    try TemporaryFolder.with { folder in
      let tensors = TinyFlux2.original()
      try folder.write("tiny.safetensors", tensors)
      let job = try ExportJob(
        model: folder.path("tiny.safetensors"), target: "comfyui:int8",
        output: folder.path("out.safetensors"))
      // The values of a row lie close together, so that all are beyond half a step of 127 if one
      // of them is off by a hundredth.
      var wrong = tensors
      let place = try #require(
        wrong.firstIndex { $0.name == "double_blocks.0.img_attn.proj.weight" })
      wrong[place].values[3] *= 1.01
      try folder.write("wrong.safetensors", wrong)
      let found = try Checkpoint.open(folder.path("wrong.safetensors"))
      #expect {
        try check(
          found.weights, of: job.parts[0].plan, from: job.parts[0].input, threads: 1,
          monitor: .silent)
      } throws: { error in
        guard case .wrongReadBack(_, let tensor, _, _) = error as? ExportFailure else {
          return false
        }
        return tensor == "transformer_blocks.0.attn.to_out.0.weight"
      }
    }
  }
}
