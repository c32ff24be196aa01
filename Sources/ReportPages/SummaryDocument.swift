internal import FidelityReports
internal import Operations
public import StrictJSON

// The document is specified in formats/report-summary.md.
extension ReportPage {
  /// The table of the page for machines: for each golden set the candidates of all reports with the
  /// median and the worst of each metric. Numbers that are infinite or undefined are null.
  public var summary: JSONValue {
    let groups = ReportGroup.grouped(reports)
    let passes = reports.allSatisfy(\.report.passes)
    return [
      "format": "mmdit-report-summary", "version": 1,
      "verdict": .init(passes ? "pass" : "fail"),
      "golden_sets": .array(groups.map(\.document)),
    ]
  }
}

extension ReportGroup {
  fileprivate var document: JSONValue {
    [
      "file": .init(goldenSet.file), "producer": .init(goldenSet.producer),
      "sha256": .init(goldenSet.sha256),
      "goldens": .init(goldens.map(\.id)),
      "environments": .array(
        environments.map { environment in
          [
            "suite_version": .init(environment.suiteVersion), "system": .init(environment.system),
            "processor": .init(environment.processor), "threads": .init(environment.threads),
          ]
        }),
      "candidates": .array(candidates.map(\.document)),
      "skipped": .array(skipped.map { ["id": .init($0.id), "reason": .init($0.reason)] }),
    ]
  }
}

extension PageCandidate {
  fileprivate var document: JSONValue {
    let metrics = PageMetric.all.compactMap { metric in
      metric.spread(report.goldens).map { spread in
        (metric.key, ["median": .init(spread.median), "worst": .init(spread.worst)] as JSONValue)
      }
    }
    return [
      "name": .init(label), "path": .init(report.path),
      "recipe": report.recipe.map { .init($0) } ?? .null,
      "arithmetic": .init(report.arithmetic.rawValue), "is_reference": .init(isReference),
      "verdict": .init(report.passes ? "pass" : "fail"),
      "bits_per_weight": .init(report.bitsPerWeight),
      "stored_byte_count": .init(report.storedByteCount),
      "violation_count": .init(report.violations.count),
      "metrics": .object(JSONObject(metrics)),
    ]
  }
}
