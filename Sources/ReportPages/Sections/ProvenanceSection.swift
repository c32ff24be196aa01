internal import FidelityReports
internal import Operations
internal import ToolKit

/// What was compared with what, where, and what was left out.
struct ProvenanceSection {
  struct Fact {
    let name: String
    let value: String
    /// Whether it is a path, a digest or another text for machines.
    let isCode: Bool
  }

  struct Candidate {
    let name: String
    let colorClass: String
    let path: String
    let arithmetic: String
    let limits: [String]
  }

  struct Skips {
    let list: [Skip]
  }

  struct Skip {
    let id: String
    let reason: String
  }

  let facts: [Fact]
  let candidates: [Candidate]
  /// Nil when every golden was run.
  let skipped: Skips?

  init(_ group: ReportGroup) {
    let set = group.goldenSet
    var facts = [
      Fact(name: "Golden set", value: set.file, isCode: true),
      Fact(name: "SHA-256 of the golden set", value: set.sha256, isCode: true),
      Fact(name: "Computed by", value: set.producer, isCode: false),
    ]
    for environment in group.environments {
      facts += [
        Fact(name: "Suite", value: "mmdit-tools \(environment.suiteVersion)", isCode: false),
        Fact(name: "System", value: environment.system, isCode: false),
        Fact(
          name: "Processor",
          value: "\(environment.processor), \(environment.threads) "
            + "thread\(environment.threads == 1 ? "" : "s")", isCode: false),
      ]
    }
    self.facts = facts
    candidates = group.candidates.map { candidate in
      let limits = candidate.report.thresholds.sorted { $0.key < $1.key }
        .map { "\($0.key) \(tickText($0.value))" }
      return Candidate(
        name: candidate.label, colorClass: candidate.colorClass, path: candidate.report.path,
        arithmetic: candidate.report.arithmetic.rawValue,
        limits: limits.isEmpty ? ["none"] : limits)
    }
    skipped =
      group.skipped.isEmpty
      ? nil : Skips(list: group.skipped.map { Skip(id: $0.id, reason: $0.reason) })
  }
}
