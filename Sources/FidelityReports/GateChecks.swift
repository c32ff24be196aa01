extension CandidateChange {
  /// Everything that may not get worse about a candidate that both reports have.
  func checks(_ tolerances: GateTolerances) -> [GateCheck] {
    func check(_ subject: GateSubject, _ findings: [GateFinding]) -> GateCheck {
      GateCheck(candidate: name, subject: subject, findings: findings)
    }
    var checks = [
      check(.presence, missingGoldens.map { .goldenMissing(id: $0) }),
      check(.verdict, passed && !passes ? [.verdict] : []),
    ]
    for metric in metrics {
      guard let tolerance = tolerances.metrics[metric.metric] else { continue }
      checks.append(check(.metric(metric), metric.findings(tolerance)))
    }
    if !tensors.isEmpty || !missingTensors.isEmpty {
      checks.append(
        check(
          .weights,
          missingTensors.map { .tensorMissing(name: $0) } + worseTensors(tolerances)))
    }
    if let tolerance = tolerances.bitsPerWeight {
      checks.append(check(.bitsPerWeight, larger(bitsPerWeight, tolerance)))
    }
    if let tolerance = tolerances.storedByteCount {
      checks.append(check(.storedByteCount, larger(storedByteCount, tolerance)))
    }
    return checks
  }

  private func larger(_ change: Change, _ tolerance: Double) -> [GateFinding] {
    change.growth > tolerance ? [.larger(change, tolerance: tolerance)] : []
  }

  /// The tensors that got worse beyond tolerance, those that are undefined first, then by growth.
  private func worseTensors(_ tolerances: GateTolerances) -> [GateFinding] {
    let measures = [
      ("weight_relative_error", \TensorChange.relativeError, tolerances.weightRelativeError),
      (
        "segment_relative_error", \TensorChange.segmentRelativeError,
        tolerances.segmentRelativeError
      ),
    ]
    var found: [(growth: Double, finding: GateFinding)] = []
    for tensor in tensors {
      for (measure, place, tolerance) in measures {
        guard let tolerance else { continue }
        let change = tensor[keyPath: place]
        // An error that was undefined cannot have got worse; one that becomes so has.
        guard !change.baseline.isNaN else { continue }
        let growth = change.current.isNaN ? .infinity : change.growth
        guard growth > tolerance else { continue }
        found.append(
          (
            growth,
            .tensorWorse(
              name: tensor.name, measure: measure, change: change, tolerance: tolerance)
          ))
      }
    }
    // The order of equal ones is that of the report.
    return found.enumerated().sorted {
      ($1.element.growth, $0.offset) < ($0.element.growth, $1.offset)
    }.map(\.element.finding)
  }
}

extension MetricChange {
  fileprivate func findings(_ tolerance: Double) -> [GateFinding] {
    var findings: [GateFinding] = []
    if let interval, interval.lower > tolerance {
      findings.append(.worse(self, tolerance: tolerance))
    }
    return findings + undefined.map { .undefined(golden: $0) }
      + unmeasured.map { .unmeasured(golden: $0) }
  }
}
