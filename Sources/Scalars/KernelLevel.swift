internal import CKernels

/// A set of vector instructions that the loops of `CKernels` are written for.
///
/// Every level gives the same bits; a level is named only to test that, or to measure.
public enum KernelLevel: Int32, CaseIterable, Comparable, Sendable {
  case scalar
  /// AVX2, F16C and FMA.
  case avx2
  /// AVX-512 F, BW, VL and DQ.
  case avx512

  /// The highest level this processor runs.
  public static let best = KernelLevel(rawValue: mmdit_best_level()) ?? .scalar

  /// The levels this processor runs, lowest first.
  public static var available: [KernelLevel] { allCases.filter { $0 <= best } }

  public static func < (left: KernelLevel, right: KernelLevel) -> Bool {
    left.rawValue < right.rawValue
  }
}
