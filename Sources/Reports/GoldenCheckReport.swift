public import Fidelity
public import Goldens
public import StrictJSON
internal import ToolKit

/// What `mmdit-golden check` found.
public struct GoldenCheckReport {
  private let set: GoldenSet
  private let checks: [GoldenCheck]
  private let skipped: [Golden]

  /// `checks` are those of the runs that were computed anew; none when no model was given.
  public init(_ set: GoldenSet, checks: [GoldenCheck], skipped: [Golden]) {
    self.set = set
    self.checks = checks
    self.skipped = skipped
  }

  public var passes: Bool { checks.allSatisfy(\.violations.isEmpty) }

  /// The document of formats/golden-check.md.
  public var document: JSONValue {
    [
      "format": "mmdit-golden-check", "version": 1, "verdict": .init(passes ? "pass" : "fail"),
      "golden_set": ["file": .init(set.path), "producer": .init(set.producer)],
      "goldens": .array(checks.map(\.document)),
      "violations": .array(
        checks.flatMap(\.violations).map { violation in
          [
            "golden": .init(violation.subject), "tensor": .init(violation.limit),
            "allowed": .init(violation.allowed), "found": .init(violation.found),
          ]
        }),
      "skipped": .init(skipped.map(\.id)),
    ]
  }

  /// The same for people.
  public var text: String {
    var lines: [String] = []
    if !checks.isEmpty {
      var table = TextTable([
        .text("golden"), .number("text"), .number("velocity"), .number("latents"),
        .number("decoder"), .number("picture"), .text("noise"), .text("verdict"),
      ])
      for check in checks {
        table.append([
          check.id, errorText(check.textRelativeError), errorText(check.velocityRelativeError),
          errorText(check.latentsRelativeError),
          check.decoderLatentsRelativeError.map(errorText) ?? "–",
          check.pictureDifference.map { countText($0, "level") } ?? "–",
          check.noiseIsOfSeed.map { $0 ? "of its seed" : "of another generator" } ?? "–",
          check.violations.isEmpty ? "pass" : "fail",
        ])
      }
      lines.append(table.text)
    }
    for violation in checks.flatMap(\.violations) {
      lines.append(
        "\(violation.subject).\(violation.limit): expected at most "
          + "\(errorText(violation.allowed)), found \(errorText(violation.found))")
    }
    if checks.isEmpty {
      lines.append(
        "\(set.path): \(countText(set.goldens.count, "run")), every tensor there and finite; "
          + "--checkpoint compares them with the model")
    }
    for golden in skipped { lines.append("skipped \(golden.id): made with LoRAs") }
    return lines.joined(separator: "\n")
  }
}

extension GoldenCheck {
  fileprivate var document: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .init($0) } ?? .null }
    return [
      "id": .init(id), "text_relative_error": .init(textRelativeError),
      "negative_text_relative_error": number(negativeTextRelativeError),
      "noise_is_of_seed": noiseIsOfSeed.map { .init($0) } ?? .null,
      "reference_relative_error": number(referenceRelativeError),
      "velocity_relative_error": .init(velocityRelativeError),
      "negative_velocity_relative_error": number(negativeVelocityRelativeError),
      "latents_relative_error": .init(latentsRelativeError),
      "decoder_latents_relative_error": number(decoderLatentsRelativeError),
      "picture_difference": pictureDifference.map { .init($0) } ?? .null,
    ]
  }
}
