import Checkpoints
import Exchange
import Families
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct TargetTests {
  @Test(arguments: Targets.all.map(\.id))
  func everyTargetIsReadBackAsTheSameNetwork(id: String) throws {
    try TemporaryFolder.with { folder in
      let (path, outcome) = try export(id, to: folder)
      let found = try Checkpoint.open(path)
      #expect(outcome.parts[0].weights.count == found.weights.weights.count)
      // What is kept is kept bit for bit, unless F16 was asked for, which bfloat16 does not fit.
      guard id != "gguf:F16" else { return }
      let part = id.hasPrefix("compressed-tensors") ? "text_encoder" : "transformer"
      let source = try Checkpoint.open("\(Fixture.klein)/\(part)")
      #expect(found.configuration == source.configuration)
      let kept = source.weights.weights.first { $0.name.contains("embed") }
      let name = try #require(kept?.name)
      #expect(try found.weights.values(of: name) == source.weights.values(of: name))
    }
  }

  @Test(arguments: Targets.all.map(\.id))
  func theBytesDoNotDependOnTheThreads(id: String) throws {
    try TemporaryFolder.with { folder in
      let (one, _) = try export(id, to: folder, threads: 1, name: "one")
      let (three, _) = try export(id, to: folder, threads: 3, name: "three")
      let isFolder = FileSystem.kind(of: one) == .folder
      let names = isFolder ? try FileSystem.names(in: one) : [""]
      for name in names {
        let first = isFolder ? FileSystem.path(one, name) : one
        let second = isFolder ? FileSystem.path(three, name) : three
        #expect(
          try SHA256Digest.ofFile(first).0 == SHA256Digest.ofFile(second).0, "\(id) \(name)")
      }
    }
  }

  @Test func namesOfTargetsAreDistinctAndFoundInAnyCase() throws {
    let ids = Targets.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(try Targets.named("GGUF:q4_k_m").id == "gguf:Q4_K_M")
  }

  @Test func anUnknownTargetIsToldWhatThereIs() throws {
    #expect {
      try Targets.named("gguf:Q9")
    } throws: { error in
      "\(error)".contains("\"gguf:Q9\"") && "\(error)".contains("gguf:Q8_0")
    }
  }

  @Test(arguments: Targets.unsupported.map(\.id))
  func whatIsNotWrittenSaysWhy(id: String) throws {
    #expect {
      try Targets.named(id)
    } throws: { error in
      "\(error)".contains("not supported, because")
    }
  }
}
