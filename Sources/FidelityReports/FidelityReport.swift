public import Operations

/// What one verification found, as its JSON document says it (formats/fidelity-report.md).
///
/// Numbers that the document has as null are NaN here, and infinite where they are the
/// signal-to-noise ratio of equal things.
public struct FidelityReport: Hashable, Sendable {
  public var environment: ReportEnvironment
  public var goldenSet: ReportGoldenSet
  /// The reference first, then the candidates.
  public var candidates: [CandidateReport]
  public var skipped: [SkippedReport]

  public init(
    environment: ReportEnvironment, goldenSet: ReportGoldenSet, candidates: [CandidateReport],
    skipped: [SkippedReport] = []
  ) {
    self.environment = environment
    self.goldenSet = goldenSet
    self.candidates = candidates
    self.skipped = skipped
  }

  /// Whether the reference and every candidate keep their limits.
  public var passes: Bool { candidates.allSatisfy(\.passes) }
}

/// Where the figures were computed.
public struct ReportEnvironment: Hashable, Sendable {
  /// The version of the suite.
  public var suiteVersion: String
  /// Name and release of the operating system.
  public var system: String
  /// The processor as the system names it.
  public var processor: String
  public var threads: Int

  public init(suiteVersion: String, system: String, processor: String, threads: Int) {
    self.suiteVersion = suiteVersion
    self.system = system
    self.processor = processor
    self.threads = threads
  }
}

/// The golden set that was run.
public struct ReportGoldenSet: Hashable, Sendable {
  public var file: String
  /// The implementation that computed it.
  public var producer: String
  /// Of the file with the tensors, in hexadecimal digits.
  public var sha256: String

  public init(file: String, producer: String, sha256: String) {
    self.file = file
    self.producer = producer
    self.sha256 = sha256
  }
}

/// A golden that was not run, and why.
public struct SkippedReport: Hashable, Sendable {
  public var id: String
  public var reason: String

  public init(id: String, reason: String) {
    self.id = id
    self.reason = reason
  }
}

/// Everything that was measured of one candidate.
public struct CandidateReport: Hashable, Sendable {
  public var name: String
  public var path: String
  /// The recipe that its bundle carries, nil for other files.
  public var recipe: String?
  /// What the products of its blocks were computed in.
  public var arithmetic: Arithmetic
  public var bitsPerWeight: Double
  /// The bytes of its weights.
  public var storedByteCount: Int
  /// The limits it was held to: key of formats/recipe.md → value.
  public var thresholds: [String: Double]
  public var violations: [ViolationReport]
  public var goldens: [GoldenReport]
  /// Every tensor against the reference's; none for the reference.
  public var tensors: [TensorReport]
  /// What each block adds to the error, in the order of execution; empty unless it was measured.
  public var blocks: [BlockReport]

  public init(
    name: String, path: String, recipe: String? = nil, arithmetic: Arithmetic,
    bitsPerWeight: Double, storedByteCount: Int, thresholds: [String: Double] = [:],
    violations: [ViolationReport] = [],
    goldens: [GoldenReport], tensors: [TensorReport] = [], blocks: [BlockReport] = []
  ) {
    self.name = name
    self.path = path
    self.recipe = recipe
    self.arithmetic = arithmetic
    self.bitsPerWeight = bitsPerWeight
    self.storedByteCount = storedByteCount
    self.thresholds = thresholds
    self.violations = violations
    self.goldens = goldens
    self.tensors = tensors
    self.blocks = blocks
  }

  public var passes: Bool { violations.isEmpty }

  /// The name, with the arithmetic where that is not float32 and the name does not say so already:
  /// `int8@bfloat16`. For places that show candidates of several reports.
  public var nameWithArithmetic: String { arithmetic.qualified(name) }
}

/// A limit that a candidate does not keep.
public struct ViolationReport: Hashable, Sendable {
  /// A tensor's name or a golden's id.
  public var subject: String
  /// The limit's key.
  public var limit: String
  public var allowed: Double
  public var found: Double
  /// Where in the tensor, when that is known.
  public var place: String?

  public init(subject: String, limit: String, allowed: Double, found: Double, place: String?) {
    self.subject = subject
    self.limit = limit
    self.allowed = allowed
    self.found = found
    self.place = place
  }
}

/// How far a candidate is from a golden run.
public struct GoldenReport: Hashable, Sendable {
  public var id: String
  public var prompt: String
  /// The largest of any step.
  public var velocityRelativeError: Double
  /// Of the final latents of the candidate's own run, as are the next two.
  public var latentsRelativeError: Double
  /// In decibels; infinite for equal latents.
  public var latentsPSNR: Double
  public var latentsCosine: Double
  public var steps: [StepReport]
  /// The picture against the golden's; nil unless pictures were made.
  public var picture: PictureReport?

  public init(
    id: String, prompt: String, velocityRelativeError: Double, latentsRelativeError: Double,
    latentsPSNR: Double, latentsCosine: Double, steps: [StepReport], picture: PictureReport? = nil
  ) {
    self.id = id
    self.prompt = prompt
    self.velocityRelativeError = velocityRelativeError
    self.latentsRelativeError = latentsRelativeError
    self.latentsPSNR = latentsPSNR
    self.latentsCosine = latentsCosine
    self.steps = steps
    self.picture = picture
  }
}

/// One step of a run.
public struct StepReport: Hashable, Sendable {
  /// The noise level at its beginning.
  public var sigma: Double
  /// Of the prediction for the prompt at the golden latents.
  public var velocityRelativeError: Double
  /// Of that for the negative prompt; nil without guidance.
  public var negativeVelocityRelativeError: Double?
  /// Of negative + g · (positive − negative), where errors of the difference count g times; nil
  /// without guidance.
  public var guidedVelocityRelativeError: Double?
  /// Of the latents after the step in the candidate's own run.
  public var driftRelativeError: Double
  public var driftCosine: Double

  public init(
    sigma: Double, velocityRelativeError: Double, negativeVelocityRelativeError: Double? = nil,
    guidedVelocityRelativeError: Double? = nil, driftRelativeError: Double, driftCosine: Double
  ) {
    self.sigma = sigma
    self.velocityRelativeError = velocityRelativeError
    self.negativeVelocityRelativeError = negativeVelocityRelativeError
    self.guidedVelocityRelativeError = guidedVelocityRelativeError
    self.driftRelativeError = driftRelativeError
    self.driftCosine = driftCosine
  }
}

/// The picture that a candidate's own run ends in, against that of the golden.
public struct PictureReport: Hashable, Sendable {
  /// Where the candidate's picture lies: a path relative to the folder of the report.
  public var file: String
  /// Where the golden's picture lies, likewise.
  public var goldenFile: String
  /// In decibels; infinite for equal pictures.
  public var psnr: Double
  public var ssim: Double
  /// NaN for pictures that are too small for five scales.
  public var multiScaleSSIM: Double
  /// The mean of the FLIP map, 0 for equal pictures, at most 1.
  public var flip: Double

  public init(
    file: String, goldenFile: String, psnr: Double, ssim: Double, multiScaleSSIM: Double,
    flip: Double
  ) {
    self.file = file
    self.goldenFile = goldenFile
    self.psnr = psnr
    self.ssim = ssim
    self.multiScaleSSIM = multiScaleSSIM
    self.flip = flip
  }
}

/// How far one tensor is from the reference's.
public struct TensorReport: Hashable, Sendable {
  public var name: String
  public var encoding: String
  public var bitsPerWeight: Double
  public var maximumAbsoluteError: Double
  public var rootMeanSquareError: Double
  public var relativeError: Double
  /// In decibels; infinite for equal tensors.
  public var signalToNoise: Double
  public var cosine: Double
  public var worstSegment: SegmentReport

  public init(
    name: String, encoding: String, bitsPerWeight: Double, maximumAbsoluteError: Double,
    rootMeanSquareError: Double, relativeError: Double, signalToNoise: Double, cosine: Double,
    worstSegment: SegmentReport
  ) {
    self.name = name
    self.encoding = encoding
    self.bitsPerWeight = bitsPerWeight
    self.maximumAbsoluteError = maximumAbsoluteError
    self.rootMeanSquareError = rootMeanSquareError
    self.relativeError = relativeError
    self.signalToNoise = signalToNoise
    self.cosine = cosine
    self.worstSegment = worstSegment
  }
}

/// The 64 neighbouring values of a tensor that are most wrong.
public struct SegmentReport: Hashable, Sendable {
  public var relativeError: Double
  public var row: Int
  public var column: Int

  public init(relativeError: Double, row: Int, column: Int) {
    self.relativeError = relativeError
    self.row = row
    self.column = column
  }
}

/// The error that one block adds by itself, given the reference's activations.
public struct BlockReport: Hashable, Sendable {
  /// Its name in the diffusers layout: `transformer_blocks.0`.
  public var name: String
  /// For each noise level that was measured, from noise to picture: the error, a mean over goldens.
  public var errors: [BlockError]

  public init(name: String, errors: [BlockError]) {
    self.name = name
    self.errors = errors
  }
}

/// What a block adds at one step.
public struct BlockError: Hashable, Sendable {
  /// The step's place in its run: 0 is the first, 1 the last.
  public var progress: Double
  /// ‖Δ − Δ*‖ / ‖x*‖ with Δ the block's contribution to the residual stream x.
  public var relativeError: Double

  public init(progress: Double, relativeError: Double) {
    self.progress = progress
    self.relativeError = relativeError
  }
}
