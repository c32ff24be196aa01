public import Fidelity
internal import MMDiT
internal import Recipes
public import StrictJSON
internal import Tensors

// The document is specified in formats/fidelity-report.md.
extension Verification {
  /// The report for machines. Numbers that are infinite or undefined are null.
  public var document: JSONValue {
    [
      "format": "mmdit-fidelity", "version": 1, "verdict": .init(verdict(passes)),
      "golden_set": ["file": .init(goldenSet.path), "producer": .init(goldenSet.producer)],
      "candidates": .array(
        candidates.enumerated().map { $1.document(isReference: $0 == 0) }),
      "skipped": .array(
        skipped.map { ["id": .init($0.id), "reason": .init($0.reason)] }),
    ]
  }
}

/// How reports say whether limits are kept.
func verdict(_ passes: Bool) -> String { passes ? "pass" : "fail" }

extension CandidateFidelity {
  fileprivate func document(isReference: Bool) -> JSONValue {
    [
      "name": .init(name), "path": .init(path), "verdict": .init(verdict(passes)),
      "bits_per_weight": .init(bitsPerWeight), "thresholds": thresholds.document,
      "violations": .array(violations.map(\.document)),
      "goldens": .array(goldens.map(\.document)), "tensors": .array(tensors.map(\.document)),
    ]
  }
}

extension Violation {
  fileprivate var document: JSONValue {
    [
      "subject": .init(subject), "limit": .init(limit), "allowed": .init(allowed),
      "found": .init(found), "place": place.map { .init($0) } ?? .null,
    ]
  }
}

extension GoldenFidelity {
  fileprivate var document: JSONValue {
    [
      "id": .init(id), "velocity_relative_error": .init(velocityRelativeError),
      "latents_relative_error": .init(latents.relativeError),
      "latents_psnr_db": .init(latents.peakSignalToNoiseDecibels),
      "latents_cosine": .init(latents.cosineSimilarity),
      "steps": .array(
        steps.map { step in
          [
            "sigma": .init(Double(step.sigma)),
            "velocity_relative_error": .init(step.velocityRelativeError),
            "negative_velocity_relative_error": step.negativeVelocityRelativeError.map {
              .init($0)
            } ?? .null,
            "drift_relative_error": .init(step.driftRelativeError),
          ]
        }),
    ]
  }
}

extension TensorFidelity {
  fileprivate var document: JSONValue {
    [
      "name": .init(name), "encoding": .init(encoding), "bits_per_weight": .init(bitsPerWeight),
      "maximum_absolute_error": .init(metrics.maximumAbsoluteError),
      "root_mean_square_error": .init(metrics.rootMeanSquareError),
      "relative_error": .init(metrics.relativeError),
      "signal_to_noise_db": .init(metrics.signalToNoiseDecibels),
      "cosine": .init(metrics.cosineSimilarity),
      "worst_segment": [
        "relative_error": .init(worstSegment.relativeError), "row": .init(worstSegment.row),
        "column": .init(worstSegment.column),
      ],
    ]
  }
}
