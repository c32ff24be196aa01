import FidelityReports
import Operations

/// A report to show, with as many candidates and goldens as a test wants.
func sampleReport(
  names: [String] = ["int8", "int4"], goldenCount: Int = 3, stepCount: Int = 4,
  sha256: String = "ab12", thresholds: [String: Double] = ["velocity_relative_error": 0.5],
  error: Double = 0.01, picture: PictureReport? = nil
) -> FidelityReport {
  let reference = CandidateReport(
    name: "reference", path: "model", arithmetic: .float32, bitsPerWeight: 16,
    storedByteCount: 8_000_000_000,
    thresholds: ["velocity_relative_error": 1e-4],
    goldens: sampleGoldens(count: goldenCount, stepCount: stepCount, error: 1e-6, picture: nil))
  let candidates = names.enumerated().map { index, name in
    CandidateReport(
      name: name, path: "\(name).mmdit", recipe: name, arithmetic: .float32,
      bitsPerWeight: 8 / Double(index + 1), storedByteCount: 4_000_000_000 / (index + 1),
      thresholds: thresholds,
      goldens: sampleGoldens(
        count: goldenCount, stepCount: stepCount, error: error * Double(index + 1),
        picture: picture),
      tensors: [sampleTensor(name: "blocks.0.weight", error: error)],
      blocks: [
        BlockReport(
          name: "blocks.0",
          errors: [
            BlockError(progress: 0, relativeError: error),
            BlockError(progress: 1, relativeError: error * 2),
          ])
      ])
  }
  return FidelityReport(
    environment: ReportEnvironment(
      suiteVersion: "0.1.0", system: "Linux 6.1", processor: "a processor", threads: 2),
    goldenSet: ReportGoldenSet(file: "set.safetensors", producer: "diffusers", sha256: sha256),
    candidates: [reference] + candidates)
}

func sampleGoldens(
  count: Int, stepCount: Int, error: Double, picture: PictureReport?
) -> [GoldenReport] {
  (0..<count).map { golden in
    GoldenReport(
      id: "golden-\(golden)", prompt: "a picture of \(golden)", velocityRelativeError: error,
      latentsRelativeError: error * 3, latentsPSNR: 30, latentsCosine: 0.99,
      steps: (0..<stepCount).map { step in
        StepReport(
          sigma: 1 - Double(step) / Double(stepCount), velocityRelativeError: error,
          negativeVelocityRelativeError: error, guidedVelocityRelativeError: error * 2,
          driftRelativeError: error * Double(step + 1), driftCosine: 0.999)
      }, picture: picture)
  }
}

func sampleTensor(name: String, error: Double) -> TensorReport {
  TensorReport(
    name: name, encoding: "8 bits", bitsPerWeight: 8, maximumAbsoluteError: error,
    rootMeanSquareError: error, relativeError: error, signalToNoise: 40, cosine: 0.9999,
    worstSegment: SegmentReport(relativeError: error * 2, row: 3, column: 64))
}
