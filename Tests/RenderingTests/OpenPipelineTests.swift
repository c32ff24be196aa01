import Bundles
import Foundation
import Rendering
import Storage
import TestSupport
import Testing

@Suite struct OpenPipelineTests {
  /// A copy of the fixture whose large files are links, for tests that break one document.
  private func withPipeline(_ body: (TemporaryFolder) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      for name in try FileSystem.names(in: Fixture.klein) where !name.hasPrefix("lora") {
        try FileManager.default.createSymbolicLink(
          atPath: folder.path(name), withDestinationPath: FileSystem.path(Fixture.klein, name))
      }
      try body(folder)
    }
  }

  private func replace(_ name: String, in folder: TemporaryFolder, with text: String?) throws {
    try FileManager.default.removeItem(atPath: folder.path(name))
    if let text { try folder.write(name, text) }
  }

  private func failure(_ folder: TemporaryFolder, weights: [String] = []) -> RenderingFailure? {
    do {
      _ = try PicturePipeline.open(folder.path, weights: weights)
      return nil
    } catch {
      return error as? RenderingFailure
    }
  }

  @Test func aWholePipelineOpens() throws {
    try withPipeline { folder in
      let pipeline = try PicturePipeline.open(folder.path)
      #expect(pipeline.style == .kleinBase)
      #expect(pipeline.components.map(\.name).sorted() == ["text_encoder", "transformer", "vae"])
    }
  }

  @Test func aFolderWithoutIndexIsNoPipeline() throws {
    #expect(failure(TemporaryFolder(path: Fixture.kleinTransformer)) != nil)
  }

  @Test func aPipelineOfAnotherClassIsRefusedByName() throws {
    try withPipeline { folder in
      try replace("model_index.json", in: folder, with: #"{"_class_name":"FluxPipeline"}"#)
      let description = failure(folder)?.description ?? ""
      #expect(description.contains("FluxPipeline") && description.contains("Flux2Pipeline"))
    }
  }

  @Test func whetherItIsDistilledDecidesTheSteps() throws {
    try withPipeline { folder in
      try replace(
        "model_index.json", in: folder,
        with: #"{"_class_name":"Flux2KleinPipeline","is_distilled":true}"#)
      let pipeline = try PicturePipeline.open(folder.path)
      #expect(pipeline.style == .kleinDistilled && pipeline.style.defaultStepCount == 4)
    }
  }

  @Test(arguments: ["transformer", "text_encoder", "vae", "tokenizer", "scheduler"])
  func aMissingPartIsNamed(part: String) throws {
    try withPipeline { folder in
      try replace(part, in: folder, with: nil)
      #expect(failure(folder) == .missingPart(path: folder.path, name: part))
    }
  }

  @Test(arguments: [
    #"{"_class_name":"FlowMatchEulerDiscreteScheduler"}"#,
    #"{"_class_name":"DDIMScheduler","use_dynamic_shifting":true}"#,
    #"{"_class_name":"FlowMatchEulerDiscreteScheduler","use_dynamic_shifting":true,"#
      + #""use_karras_sigmas":true}"#,
    #"{"_class_name":"FlowMatchEulerDiscreteScheduler","use_dynamic_shifting":true,"#
      + #""shift_terminal":0.1}"#,
  ])
  func aSchedulerWithOtherLevelsIsRefused(document: String) throws {
    try withPipeline { folder in
      try replace("scheduler", in: folder, with: nil)
      try folder.makeFolder("scheduler")
      try folder.write("scheduler/scheduler_config.json", document)
      guard case .unknownScheduler? = failure(folder) else {
        Issue.record("expected the scheduler to be refused")
        return
      }
    }
  }

  @Test func aPartOfAnotherKindIsRefused() throws {
    try withPipeline { folder in
      try replace("vae", in: folder, with: nil)
      try FileManager.default.createSymbolicLink(
        atPath: folder.path("vae"), withDestinationPath: Fixture.kleinTransformer)
      guard case .wrongPart? = failure(folder) else {
        Issue.record("expected the part to be refused")
        return
      }
    }
  }

  @Test func weightsReplaceThePartOfTheirKind() throws {
    try withPipeline { folder in
      try replace("text_encoder", in: folder, with: nil)
      let other = FileSystem.path(Fixture.klein, "text_encoder")
      let pipeline = try PicturePipeline.open(folder.path, weights: [other])
      #expect(pipeline.components.contains { $0.component.path == other })
    }
  }
}
