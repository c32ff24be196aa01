internal import Operations
public import Storage
public import StrictJSON

// The document is specified in formats/fidelity-report.md.
extension FidelityReport {
  /// The report for machines. Numbers that are infinite or undefined are null; the thresholds stand
  /// in the order of their keys.
  public var document: JSONValue {
    [
      "format": .init(Self.format), "version": .init(Self.version),
      "verdict": .init(verdictText(passes)),
      "environment": [
        "suite_version": .init(environment.suiteVersion), "system": .init(environment.system),
        "processor": .init(environment.processor), "threads": .init(environment.threads),
      ],
      "golden_set": [
        "file": .init(goldenSet.file), "producer": .init(goldenSet.producer),
        "sha256": .init(goldenSet.sha256),
      ],
      "candidates": .array(candidates.map(\.document)),
      "skipped": .array(skipped.map { ["id": .init($0.id), "reason": .init($0.reason)] }),
    ]
  }

  /// Writes the document to a file, whole or not at all.
  public func write(to path: String) throws(StorageFailure) {
    let text = Array((document.pretty() + "\n").utf8)
    try AtomicFile.write(text.rawBytes, to: path)
  }
}

/// How reports say whether limits are kept.
func verdictText(_ passes: Bool) -> String { passes ? "pass" : "fail" }

extension CandidateReport {
  fileprivate var document: JSONValue {
    let limits = thresholds.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) }
    return [
      "name": .init(name), "path": .init(path), "recipe": text(recipe),
      "arithmetic": .init(arithmetic.rawValue), "verdict": .init(verdictText(passes)),
      "bits_per_weight": .init(bitsPerWeight),
      "stored_byte_count": .init(storedByteCount), "thresholds": .object(JSONObject(limits)),
      "violations": .array(violations.map(\.document)),
      "goldens": .array(goldens.map(\.document)), "tensors": .array(tensors.map(\.document)),
      "blocks": .array(blocks.map(\.document)),
    ]
  }
}

extension ViolationReport {
  fileprivate var document: JSONValue {
    [
      "subject": .init(subject), "limit": .init(limit), "allowed": .init(allowed),
      "found": .init(found), "place": text(place),
    ]
  }
}

extension GoldenReport {
  fileprivate var document: JSONValue {
    [
      "id": .init(id), "prompt": .init(prompt),
      "velocity_relative_error": .init(velocityRelativeError),
      "latents_relative_error": .init(latentsRelativeError),
      "latents_psnr_db": .init(latentsPSNR), "latents_cosine": .init(latentsCosine),
      "steps": .array(steps.map(\.document)), "picture": picture?.document ?? .null,
    ]
  }
}

extension StepReport {
  fileprivate var document: JSONValue {
    [
      "sigma": .init(sigma), "velocity_relative_error": .init(velocityRelativeError),
      "negative_velocity_relative_error": number(negativeVelocityRelativeError),
      "guided_velocity_relative_error": number(guidedVelocityRelativeError),
      "drift_relative_error": .init(driftRelativeError), "drift_cosine": .init(driftCosine),
    ]
  }
}

extension PictureReport {
  fileprivate var document: JSONValue {
    [
      "file": .init(file), "golden_file": .init(goldenFile), "psnr_db": .init(psnr),
      "ssim": .init(ssim), "multi_scale_ssim": .init(multiScaleSSIM), "flip": .init(flip),
    ]
  }
}

extension TensorReport {
  fileprivate var document: JSONValue {
    [
      "name": .init(name), "encoding": .init(encoding), "bits_per_weight": .init(bitsPerWeight),
      "maximum_absolute_error": .init(maximumAbsoluteError),
      "root_mean_square_error": .init(rootMeanSquareError), "relative_error": .init(relativeError),
      "signal_to_noise_db": .init(signalToNoise), "cosine": .init(cosine),
      "worst_segment": [
        "relative_error": .init(worstSegment.relativeError), "row": .init(worstSegment.row),
        "column": .init(worstSegment.column),
      ],
    ]
  }
}

extension BlockReport {
  fileprivate var document: JSONValue {
    [
      "name": .init(name),
      "errors": .array(
        errors.map {
          ["progress": .init($0.progress), "relative_error": .init($0.relativeError)]
        }),
    ]
  }
}

/// A text that may be missing, which JSON says as null.
private func text(_ text: String?) -> JSONValue { text.map { .init($0) } ?? .null }

/// A number that may be missing, which JSON says as null.
private func number(_ number: Double?) -> JSONValue { number.map { .init($0) } ?? .null }
