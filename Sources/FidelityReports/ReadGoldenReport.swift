internal import StrictJSON

// The document is specified in formats/fidelity-report.md.
extension GoldenReport {
  internal init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "id", "prompt", "velocity_relative_error", "latents_relative_error", "latents_psnr_db",
      "latents_cosine", "steps", "picture",
    ])
    let latentsRelativeError = try document.errorMeasure("latents_relative_error")
    self.init(
      id: try document["id"].string(), prompt: try document["prompt"].string(),
      velocityRelativeError: try document.errorMeasure("velocity_relative_error"),
      latentsRelativeError: latentsRelativeError,
      latentsPSNR: try document.measure(
        "latents_psnr_db", ifNull: latentsRelativeError == 0 ? .infinity : .nan),
      latentsCosine: try document.measure("latents_cosine", in: -1...1),
      steps: try document.list("steps", atLeast: 1, atMost: 10_000) { field throws(JSONFailure) in
        try StepReport(document: field)
      },
      picture: try document.optional("picture").map { field throws(JSONFailure) in
        try PictureReport(document: field)
      })
  }
}

extension StepReport {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "sigma", "velocity_relative_error", "negative_velocity_relative_error",
      "guided_velocity_relative_error", "drift_relative_error", "drift_cosine",
    ])
    self.init(
      sigma: try document["sigma"].number(in: 0...1),
      velocityRelativeError: try document.errorMeasure("velocity_relative_error"),
      negativeVelocityRelativeError: try document.optional("negative_velocity_relative_error")?
        .number(in: 0...Double.greatestFiniteMagnitude),
      guidedVelocityRelativeError: try document.optional("guided_velocity_relative_error")?
        .number(in: 0...Double.greatestFiniteMagnitude),
      driftRelativeError: try document.errorMeasure("drift_relative_error"),
      driftCosine: try document.measure("drift_cosine", in: -1...1))
  }
}

extension PictureReport {
  fileprivate init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "file", "golden_file", "psnr_db", "ssim", "multi_scale_ssim", "flip",
    ])
    self.init(
      file: try document["file"].string(), goldenFile: try document["golden_file"].string(),
      // Pictures hold integers: the ratio is undefined for none, and infinite for equal ones.
      psnr: try document.measure("psnr_db", ifNull: .infinity),
      ssim: try document.measure("ssim", in: -1...1),
      multiScaleSSIM: try document.measure("multi_scale_ssim", in: -1...1),
      flip: try document.measure("flip", in: 0...1))
  }
}

extension TensorReport {
  internal init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: [
      "name", "encoding", "bits_per_weight", "maximum_absolute_error", "root_mean_square_error",
      "relative_error", "signal_to_noise_db", "cosine", "worst_segment",
    ])
    let relativeError = try document.errorMeasure("relative_error")
    let segment = try document["worst_segment"]
    try segment.rejectUnknownKeys(except: ["relative_error", "row", "column"])
    self.init(
      name: try document["name"].string(), encoding: try document["encoding"].string(),
      bitsPerWeight: try document["bits_per_weight"].number(in: 0...1e6),
      maximumAbsoluteError: try document.errorMeasure("maximum_absolute_error"),
      rootMeanSquareError: try document.errorMeasure("root_mean_square_error"),
      relativeError: relativeError,
      signalToNoise: try document.measure(
        "signal_to_noise_db", ifNull: relativeError == 0 ? .infinity : .nan),
      cosine: try document.measure("cosine", in: -1...1),
      worstSegment: SegmentReport(
        relativeError: try segment.errorMeasure("relative_error"),
        row: try segment["row"].integer(in: 0...Int.max),
        column: try segment.segmentColumn()))
  }
}

extension BlockReport {
  internal init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: ["name", "errors"])
    self.init(
      name: try document["name"].string(),
      errors: try document.list("errors", atMost: 10_000) { field throws(JSONFailure) in
        try field.rejectUnknownKeys(except: ["progress", "relative_error"])
        return BlockError(
          progress: try field["progress"].number(in: 0...1),
          relativeError: try field.errorMeasure("relative_error"))
      })
  }
}

extension JSONField {
  /// The first column of a segment: segments have 64 columns and begin with the row.
  fileprivate func segmentColumn() throws(JSONFailure) -> Int {
    let field = try self["column"]
    let column = try field.integer(in: 0...Int.max)
    guard column.isMultiple(of: 64) else {
      throw field.failure(expected: "a multiple of 64", found: "\(column)")
    }
    return column
  }
}
