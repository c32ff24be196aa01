import Fidelity
import Goldens
import Operations
import Reports
import Storage
import StrictJSON
import TestSupport
import Testing

@Suite struct VerificationPlanReportTests {
  private func report() throws -> VerificationPlanReport {
    var options = VerificationOptions()
    options.only = ["penguin-no-cfg-4-steps", "apple-ink"]
    return VerificationPlanReport(
      try VerificationPlan(
        GoldenSet.open(FileSystem.path(Fixture.goldens, "glyph-klein.safetensors")),
        reference: Candidate.open(Fixture.klein, name: "reference"),
        candidates: Candidate.open([Fixture.kleinTransformer], in: [.int8]), options: options))
  }

  @Test func theTextSaysWhatWouldBeRun() throws {
    let lines = try report().text.split(separator: "\n")
    #expect(lines[0] == "candidate    arithmetic  bits/weight  limits  file")
    #expect(lines[2].hasPrefix("reference    float32          16.000       2  "))
    #expect(lines[3].hasPrefix("transformer  int8             16.000  "))
    #expect(lines[4].hasPrefix("would skip apple-ink: made with LoRAs"))
    // Four steps, of one prediction each, at the recorded latents and in a run of its own.
    #expect(lines.last == "would run 1 golden, 8 predictions of each candidate")
  }

  @Test func theDocumentSaysTheSame() throws {
    let document = JSONField(document: "plan", value: try report().document)
    #expect(try document["format"].string() == "mmdit-verification-plan")
    let candidates = try document["candidates"].array()
    #expect(try candidates.map { try $0["arithmetic"].string() } == ["float32", "int8"])
    #expect(try candidates[0]["thresholds"]["velocity_relative_error"].double() == 1e-5)
    let golden = try document["goldens"].array()[0]
    #expect(try golden["id"].string() == "penguin-no-cfg-4-steps")
    #expect(try golden["steps"].integer() == 4 && golden["predictions"].integer() == 8)
    #expect(try document["skipped"].array()[0]["id"].string() == "apple-ink")
  }
}
