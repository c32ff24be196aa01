import FidelityReports
import Operations

/// A report with something under every key.
func sampleReport() -> FidelityReport {
  FidelityReport(
    environment: .init(suiteVersion: "0.5.0", system: "Linux 6.1", processor: "x", threads: 2),
    goldenSet: .init(
      file: "goldens.safetensors", producer: "diffusers 0.42.1",
      sha256: String(repeating: "0a", count: 32)),
    candidates: [
      CandidateReport(
        name: "reference", path: "model", arithmetic: .float32, bitsPerWeight: 16,
        storedByteCount: 2_000_000,
        thresholds: ["velocity_relative_error": 1e-5],
        goldens: [sampleGolden("cat", error: 0), sampleGolden("dog", error: 0)]),
      sampleCandidate("int8", error: 0.01),
    ],
    skipped: [.init(id: "fox", reason: "made with LoRAs")])
}

/// A candidate whose every error is about `error`.
func sampleCandidate(_ name: String, error: Double) -> CandidateReport {
  CandidateReport(
    name: name, path: "\(name).mmdit", recipe: name, arithmetic: .float32,
    bitsPerWeight: 8.5, storedByteCount: 1_000_000,
    thresholds: ["velocity_relative_error": 0.1, "latents_psnr_db": 30],
    violations: [
      .init(
        subject: "blocks.0.weight", limit: "weight_relative_error", allowed: 0.001, found: error,
        place: "row 3, column 64"),
      .init(
        subject: "cat", limit: "latents_psnr_db", allowed: 30, found: 20, place: nil),
    ],
    goldens: [sampleGolden("cat", error: error), sampleGolden("dog", error: 2 * error)],
    tensors: [
      TensorReport(
        name: "blocks.0.weight", encoding: "int8 g64", bitsPerWeight: 8.5,
        maximumAbsoluteError: error, rootMeanSquareError: error / 3, relativeError: error,
        signalToNoise: 40, cosine: 0.9999,
        worstSegment: .init(relativeError: 3 * error, row: 3, column: 64)),
      TensorReport(
        name: "norm.weight", encoding: "bf16", bitsPerWeight: 16, maximumAbsoluteError: 0,
        rootMeanSquareError: 0, relativeError: 0, signalToNoise: .infinity, cosine: 1,
        worstSegment: .init(relativeError: 0, row: 0, column: 0)),
    ],
    blocks: [
      .init(
        name: "blocks.0",
        errors: [
          .init(progress: 0, relativeError: error), .init(progress: 1, relativeError: 2 * error),
        ])
    ])
}

/// A run of two steps, the second of them guided; with an error of 0 its latents are equal.
func sampleGolden(_ id: String, error: Double) -> GoldenReport {
  GoldenReport(
    id: id, prompt: "a \(id)\nwith \"quotes\"", velocityRelativeError: error,
    latentsRelativeError: 2 * error, latentsPSNR: error == 0 ? .infinity : 30,
    latentsCosine: 1 - error,
    steps: [
      .init(
        sigma: 1, velocityRelativeError: error, driftRelativeError: error, driftCosine: 1 - error),
      .init(
        sigma: 0.5, velocityRelativeError: error, negativeVelocityRelativeError: error,
        guidedVelocityRelativeError: 4 * error, driftRelativeError: 2 * error,
        driftCosine: 1 - error),
    ],
    picture: .init(
      file: "pictures/\(id).png", goldenFile: "pictures/golden-\(id).png",
      psnr: error == 0 ? .infinity : 35, ssim: 1 - error, multiScaleSSIM: 1 - error, flip: error))
}
