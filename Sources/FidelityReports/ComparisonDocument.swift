internal import Operations
public import StrictJSON

// The document is specified in formats/gate.md.
extension Comparison {
  /// The comparison for machines. Numbers that are infinite or undefined are null.
  public var document: JSONValue { document(gate: .null) }

  fileprivate func document(gate: JSONValue) -> JSONValue {
    [
      "format": "mmdit-comparison", "version": 1, "same_goldens": .init(hasSameGoldens),
      "confidence": .init(resampling.confidence), "resamples": .init(resampling.resampleCount),
      "candidates": .array(candidates.map(\.document)),
      "missing_candidates": .init(missingCandidates), "new_candidates": .init(newCandidates),
      "gate": gate,
    ]
  }
}

extension Gate {
  /// The comparison for machines, with what got worse beyond tolerance.
  public var document: JSONValue {
    comparison.document(gate: [
      "verdict": .init(verdictText(passes)), "tolerances": tolerances.document,
      "checks": .array(
        checks.map { check in
          [
            "candidate": .init(check.candidate), "subject": .init(check.subject.key),
            "verdict": .init(verdictText(check.passes)),
            "findings": .array(check.findings.map(\.document)),
          ]
        }),
    ])
  }
}

extension CandidateChange {
  fileprivate var document: JSONValue {
    [
      "name": .init(name), "baseline_arithmetic": .init(baselineArithmetic.rawValue),
      "current_arithmetic": .init(currentArithmetic.rawValue),
      "baseline_verdict": .init(verdictText(passed)),
      "current_verdict": .init(verdictText(passes)), "bits_per_weight": bitsPerWeight.document,
      "stored_byte_count": [
        // Whole numbers, which a Double holds exactly below 2⁵³.
        "baseline": count(storedByteCount.baseline), "current": count(storedByteCount.current),
      ],
      "metrics": .array(metrics.map(\.document)), "missing_goldens": .init(missingGoldens),
      "new_goldens": .init(newGoldens), "missing_tensors": .init(missingTensors),
    ]
  }

  private func count(_ number: Double) -> JSONValue {
    Int(exactly: number).map { .init($0) } ?? .init(number)
  }
}

extension Change {
  fileprivate var document: JSONValue {
    ["baseline": .init(baseline), "current": .init(current)]
  }
}

extension MetricChange {
  fileprivate var document: JSONValue {
    [
      "metric": .init(metric.rawValue), "baseline_mean": .init(baselineMean),
      "current_mean": .init(currentMean), "worsening": .init(worsening),
      "interval": interval.map {
        [
          "lower": .init($0.lower), "upper": .init($0.upper),
          "bootstrapped": .init($0.isBootstrapped),
        ]
      } ?? .null,
      "pairs": .array(
        pairs.map {
          [
            "golden": .init($0.golden), "baseline": .init($0.baseline),
            "current": .init($0.current),
          ]
        }),
      "undefined": .init(undefined), "unmeasured": .init(unmeasured),
    ]
  }
}

extension GateFinding {
  fileprivate var document: JSONValue {
    switch self {
    case .candidateMissing: ["kind": "candidate_missing"]
    case .goldenMissing(let id): ["kind": "golden_missing", "name": .init(id)]
    case .verdict: ["kind": "verdict"]
    case .worse(let change, let tolerance):
      [
        "kind": "worse", "baseline": .init(change.baselineMean),
        "current": .init(change.currentMean), "tolerance": .init(tolerance),
      ]
    case .unmeasured(let golden): ["kind": "unmeasured", "name": .init(golden)]
    case .undefined(let golden): ["kind": "undefined", "name": .init(golden)]
    case .tensorMissing(let name): ["kind": "tensor_missing", "name": .init(name)]
    case .tensorWorse(let name, let measure, let change, let tolerance):
      [
        "kind": "tensor_worse", "name": .init(name), "measure": .init(measure),
        "baseline": .init(change.baseline), "current": .init(change.current),
        "tolerance": .init(tolerance),
      ]
    case .larger(let change, let tolerance):
      [
        "kind": "larger", "baseline": .init(change.baseline), "current": .init(change.current),
        "tolerance": .init(tolerance),
      ]
    }
  }
}
