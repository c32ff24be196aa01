import Fidelity
import Goldens
import Rendering
import TestSupport
import Testing

@Suite struct CheckGoldensTests {
  @Test func theRecordedRunsAreThoseOfTheModel() throws {
    let set = try GoldenSet.open(Fixture.path("goldens/glyph-klein.safetensors"))
    let goldens = try ["penguin-no-cfg-4-steps", "apple-on-green"].map { try set.golden($0) }
    let checks = try checkGoldens(
      goldens, of: set, with: PicturePipeline.open(Fixture.klein))
    #expect(checks.map(\.id) == goldens.map(\.id))
    for check in checks {
      #expect(check.violations.isEmpty)
      #expect(check.noiseIsOfSeed == true)
      #expect((check.pictureDifference ?? 255) <= 1)
    }
    #expect(checks[0].negativeVelocityRelativeError == nil)
    #expect(checks[0].referenceRelativeError == nil)
    #expect(checks[1].referenceRelativeError.map { $0 <= 1e-3 } == true)
  }
}
