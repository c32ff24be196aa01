internal import FidelityReports
internal import ToolKit

/// How reports say whether limits are kept.
func verdict(_ passes: Bool) -> String { passes ? "pass" : "fail" }

/// The worst of each figure over all goldens.
struct FidelitySummary {
  var velocity: Double
  var latents: Double
  var psnr: Double
  /// Of the pictures; nil when none were made.
  var ssim: Double?
  var flip: Double?
  var worstTensor: TensorReport?
}

extension CandidateReport {
  var summary: FidelitySummary {
    let pictures = goldens.compactMap(\.picture)
    return FidelitySummary(
      velocity: worst(goldens.map(\.velocityRelativeError), by: >),
      latents: worst(goldens.map(\.latentsRelativeError), by: >),
      psnr: worst(goldens.map(\.latentsPSNR), by: <),
      ssim: pictures.isEmpty ? nil : worst(pictures.map(\.ssim), by: <),
      flip: pictures.isEmpty ? nil : worst(pictures.map(\.flip), by: >),
      worstTensor: tensorsFromTheWorst.first)
  }

  /// The tensors by relative error, largest first, equal ones by name; what is not a number is
  /// larger than any.
  var tensorsFromTheWorst: [TensorReport] {
    tensors.sorted { (order($0.relativeError), $1.name) > (order($1.relativeError), $0.name) }
  }

  /// The blocks by their largest error of any place, largest first, in the order of execution where
  /// they are equal.
  var blocksFromTheWorst: [BlockReport] {
    func order(_ block: BlockReport) -> Double {
      block.errors.map { self.order($0.relativeError) }.max() ?? 0
    }
    return blocks.enumerated().sorted { first, second in
      (order(first.element), second.offset) > (order(second.element), first.offset)
    }.map(\.element)
  }

  private func order(_ error: Double) -> Double { error.isNaN ? .infinity : error }

  /// The worst of some figures, NaN when one of them is or when there are none.
  private func worst(_ figures: [Double], by isWorse: (Double, Double) -> Bool) -> Double {
    guard let first = figures.first, !figures.contains(where: \.isNaN) else { return .nan }
    return figures.reduce(first) { isWorse($1, $0) ? $1 : $0 }
  }
}

extension ViolationReport {
  var text: String {
    let isFloor = limit.hasSuffix("_db") || limit.hasSuffix("ssim")
    let place = place.map { " (\($0))" } ?? ""
    return "\(subject): \(limit): expected \(isFloor ? "at least" : "at most") "
      + "\(errorText(allowed)), found \(errorText(found))\(place)"
  }
}
