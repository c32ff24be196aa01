internal import Checkpoints
internal import StrictJSON
internal import ToolKit

extension StatedNoise {
  /// `source is already 8-bit: at best 31.5 dB (60 tensors F8_E4M3 with one scale)`, or without a
  /// figure `source is already quantized (60 tensors NF4 blocks of 64)`.
  var sentence: String {
    let counts = encodings.map { "\(countText($0.tensorCount, "tensor")) \($0.encoding)" }
    let list = "(\(counts.joined(separator: ", ")))"
    guard hasFigure else { return "source is already quantized \(list)" }
    let worth = decibels.map { "at best \(decimalText($0, decimals: 1)) dB" } ?? "all codes are 0"
    return "source is already 8-bit: \(worth) \(list)"
  }

  /// The same for machines; formats/conversion-report.md.
  var document: JSONValue {
    [
      "decibels_at_best": decibels.map { .init($0) } ?? .null, "sampled": .bool(isSampled),
      "tensors": .array(
        tensors.map { tensor in
          [
            "name": .init(tensor.name), "encoding": .init(tensor.encoding),
            "decibels_at_best": tensor.decibels.map { .init($0) } ?? .null,
          ]
        }),
    ]
  }
}

extension Companion {
  /// What becomes of a tensor that is no weight, for machines.
  var fate: JSONValue {
    let isUsed = role == .weightScale
    let reason =
      switch role {
      case .weightScale: "turns the codes of its weight into values"
      case .inputScale: "scales the activations of a runtime, not the weight"
      case .marker: "says how codes are stored, and values are no codes"
      }
    return [
      "name": .init(name), "weight": weight.map { .init($0) } ?? .null,
      "role": .init(role.rawValue), "fate": .init(isUsed ? "used" : "dropped"),
      "reason": .init(reason),
    ]
  }
}
