public import Fidelity
internal import Goldens
internal import Operations
internal import Recipes
public import StrictJSON
internal import ToolKit

/// What `mmdit-verify --dry-run` says: what would be measured.
public struct VerificationPlanReport {
  private let plan: VerificationPlan

  public init(_ plan: VerificationPlan) { self.plan = plan }

  /// The predictions that each candidate computes: at recorded latents, and in runs of its own.
  private var predictionCount: Int {
    2 * plan.goldens.reduce(0) { $0 + plan.predictionCount(of: $1) }
  }

  /// The plan for a terminal.
  public var text: String {
    var table = TextTable([
      .text("candidate"), .text("arithmetic"), .number("bits/weight"), .number("limits"),
      .text("file"),
    ])
    for entry in plan.entries {
      let candidate = entry.candidate
      table.append([
        candidate.name, candidate.arithmetic.rawValue,
        decimalText(candidate.bitsPerWeight, decimals: 3), "\(entry.thresholds.limits.count)",
        candidate.path,
      ])
    }
    return
      ([table.text]
      + plan.skipped.map { "would skip \($0.id): \($0.reason)" }
      + [
        "would run \(countText(plan.goldens.count, "golden")), "
          + "\(countText(predictionCount, "prediction")) of each candidate"
      ]).joined(separator: "\n")
  }

  /// The document of formats/fidelity-report.md, "Dry run".
  public var document: JSONValue {
    [
      "format": "mmdit-verification-plan", "version": 1,
      "golden_set": [
        "file": .init(plan.goldenSet.path), "producer": .init(plan.goldenSet.producer),
      ],
      "candidates": .array(
        plan.entries.map { entry in
          let candidate = entry.candidate
          let limits = entry.thresholds.limits.sorted { $0.key < $1.key }
          return [
            "name": .init(candidate.name), "path": .init(candidate.path),
            "recipe": candidate.recipe.map { .init($0.name) } ?? .null,
            "arithmetic": .init(candidate.arithmetic.rawValue),
            "bits_per_weight": .init(candidate.bitsPerWeight),
            "stored_byte_count": .init(candidate.storedByteCount),
            "thresholds": .object(JSONObject(limits.map { ($0.key, JSONValue($0.value)) })),
          ]
        }),
      "goldens": .array(
        plan.goldens.map { golden in
          [
            "id": .init(golden.id), "prompt": .init(golden.prompt), "steps": .init(golden.steps),
            "predictions": .init(2 * plan.predictionCount(of: golden)),
          ]
        }),
      "skipped": .array(
        plan.skipped.map { ["id": .init($0.id), "reason": .init($0.reason)] }),
    ]
  }
}
