import FidelityReports
import Operations

/// A report on two goldens, of a reference and of candidates with these errors.
func sampleReport(_ errors: KeyValuePairs<String, Double>) -> FidelityReport {
  FidelityReport(
    environment: .init(suiteVersion: "0.5.0", system: "Linux 6.1", processor: "x", threads: 2),
    goldenSet: .init(
      file: "goldens.safetensors", producer: "diffusers 0.42.1",
      sha256: String(repeating: "0a", count: 32)),
    candidates: [sampleCandidate("reference", error: 0)]
      + errors.map { sampleCandidate($0, error: $1) })
}

func sampleCandidate(_ name: String, error: Double) -> CandidateReport {
  CandidateReport(
    name: name, path: "\(name).mmdit", arithmetic: .float32, bitsPerWeight: 8.5,
    storedByteCount: 1_000_000,
    violations: error > 0.5
      ? [
        .init(
          subject: "cat", limit: "velocity_relative_error", allowed: 0.5, found: error, place: nil)
      ] : [],
    goldens: [sampleGolden("cat", error: error), sampleGolden("dog", error: 4 * error)],
    tensors: error == 0
      ? []
      : [
        TensorReport(
          name: "blocks.0.weight", encoding: "int8 g64", bitsPerWeight: 8.5,
          maximumAbsoluteError: error, rootMeanSquareError: error / 3, relativeError: error,
          signalToNoise: 40, cosine: 0.9999,
          worstSegment: .init(relativeError: 3 * error, row: 3, column: 64))
      ])
}

/// A run of one step, without a picture; with an error of 0 its latents are equal.
func sampleGolden(_ id: String, error: Double) -> GoldenReport {
  GoldenReport(
    id: id, prompt: "a \(id) with 'quotes'", velocityRelativeError: error,
    latentsRelativeError: 2 * error, latentsPSNR: error == 0 ? .infinity : 30, latentsCosine: 1,
    steps: [
      .init(sigma: 1, velocityRelativeError: error, driftRelativeError: error, driftCosine: 1)
    ])
}
