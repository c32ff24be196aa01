public import Fidelity
public import FidelityReports
internal import Goldens
internal import Operations
internal import Recipes
internal import Storage
internal import Tensors

extension Verification {
  /// What the verification found, as a value for people, scripts and histories.
  ///
  /// Paths of pictures are given relative to `folder`, that of the report. Reads the golden set's
  /// tensors once more, for their digest.
  public func report(
    environment: ReportEnvironment, relativeTo folder: String = ""
  ) throws -> FidelityReport {
    FidelityReport(
      environment: environment,
      goldenSet: ReportGoldenSet(
        file: goldenSet.path, producer: goldenSet.producer,
        sha256: try SHA256Digest.ofFile(goldenSet.path).hexadecimal),
      candidates: candidates.map { CandidateReport($0, relativeTo: folder) },
      skipped: skipped.map { SkippedReport(id: $0.id, reason: $0.reason) })
  }
}

extension CandidateReport {
  fileprivate init(_ candidate: CandidateFidelity, relativeTo folder: String) {
    self.init(
      name: candidate.name, path: candidate.path, recipe: candidate.recipe,
      arithmetic: candidate.arithmetic, bitsPerWeight: candidate.bitsPerWeight,
      storedByteCount: candidate.storedByteCount, thresholds: candidate.thresholds.limits,
      violations: candidate.violations.map {
        ViolationReport(
          subject: $0.subject, limit: $0.limit, allowed: $0.allowed, found: $0.found,
          place: $0.place)
      },
      goldens: candidate.goldens.map { GoldenReport($0, relativeTo: folder) },
      tensors: candidate.tensors.map(TensorReport.init),
      blocks: candidate.blocks.map { block in
        BlockReport(
          name: block.name,
          errors: block.errors.map {
            BlockError(progress: $0.progress, relativeError: $0.relativeError)
          })
      })
  }
}

extension GoldenReport {
  fileprivate init(_ golden: GoldenFidelity, relativeTo folder: String) {
    self.init(
      id: golden.id, prompt: golden.prompt, velocityRelativeError: golden.velocityRelativeError,
      latentsRelativeError: golden.latents.relativeError,
      latentsPSNR: golden.latents.peakSignalToNoiseDecibels,
      latentsCosine: golden.latents.cosineSimilarity,
      steps: golden.steps.map(StepReport.init),
      picture: golden.picture.map { PictureReport($0, relativeTo: folder) })
  }
}

extension StepReport {
  fileprivate init(_ step: StepFidelity) {
    self.init(
      sigma: Double(step.sigma), velocityRelativeError: step.velocityRelativeError,
      negativeVelocityRelativeError: step.negativeVelocityRelativeError,
      guidedVelocityRelativeError: step.guidedVelocityRelativeError,
      driftRelativeError: step.driftRelativeError, driftCosine: step.driftCosine)
  }
}

extension PictureReport {
  fileprivate init(_ picture: PictureFidelity, relativeTo folder: String) {
    self.init(
      file: relativePath(picture.path, from: folder),
      goldenFile: relativePath(picture.goldenPath, from: folder),
      psnr: picture.peakSignalToNoise, ssim: picture.structuralSimilarity,
      multiScaleSSIM: picture.multiScaleStructuralSimilarity, flip: picture.flip)
  }
}

extension TensorReport {
  fileprivate init(_ tensor: TensorFidelity) {
    let metrics = tensor.metrics
    self.init(
      name: tensor.name, encoding: tensor.encoding, bitsPerWeight: tensor.bitsPerWeight,
      maximumAbsoluteError: metrics.maximumAbsoluteError,
      rootMeanSquareError: metrics.rootMeanSquareError, relativeError: metrics.relativeError,
      signalToNoise: metrics.signalToNoiseDecibels, cosine: metrics.cosineSimilarity,
      worstSegment: SegmentReport(
        relativeError: tensor.worstSegment.relativeError, row: tensor.worstSegment.row,
        column: tensor.worstSegment.column))
  }
}
