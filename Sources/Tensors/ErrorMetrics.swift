internal import CKernels
internal import Glibc
internal import Scalars

/// How far candidate values lie from reference values, gathered as they stream by.
///
/// All sums are in Double. Partial results of consecutive pieces merge; the last bits of a sum
/// depend on where the pieces begin, so pieces must be cut alike (as `forEachChunk` does on any
/// number of threads) and merged in order.
///
/// Below, r is the reference, c the candidate, n the number of pairs. When any pair holds a NaN or
/// an infinity, every metric is NaN: it compares false with any threshold, and
/// `nonFinitePairCount` says why. Without pairs, `maximumAbsoluteError`, `rootMeanSquareError` and
/// `relativeError` are 0, and the others are as for identical values.
public struct ErrorMetrics: Sendable {
  /// The number of pairs compared, n.
  public private(set) var count = 0
  /// The pairs of which a value is NaN or infinite.
  public private(set) var nonFinitePairCount = 0

  private var largestError = 0.0
  private var squaredError = 0.0
  private var referenceSquares = 0.0
  private var candidateSquares = 0.0
  private var products = 0.0
  private var referenceMinimum = Double.infinity
  private var referenceMaximum = -Double.infinity

  public init() {}

  /// Compares values pair by pair; traps when the counts differ.
  public mutating func add(reference: Span<Float>, candidate: Span<Float>) {
    precondition(reference.count == candidate.count, "values are compared pair by pair")
    count += reference.count
    // Both have this count.
    let sums = unsafe reference.withUnsafeBufferPointer { reference in
      unsafe candidate.withUnsafeBufferPointer { candidate in
        unsafe mmdit_compare(
          KernelLevel.best.rawValue, reference.baseAddress, candidate.baseAddress, reference.count)
      }
    }
    nonFinitePairCount += sums.not_finite
    largestError = max(largestError, sums.largest_error)
    squaredError += sums.squared_error
    referenceSquares += sums.reference_squares
    candidateSquares += sums.candidate_squares
    products += sums.products
    referenceMinimum = min(referenceMinimum, Double(sums.minimum))
    referenceMaximum = max(referenceMaximum, Double(sums.maximum))
  }

  /// Adds the pairs of a later piece.
  public mutating func merge(_ later: ErrorMetrics) {
    count += later.count
    nonFinitePairCount += later.nonFinitePairCount
    largestError = max(largestError, later.largestError)
    squaredError += later.squaredError
    referenceSquares += later.referenceSquares
    candidateSquares += later.candidateSquares
    products += later.products
    referenceMinimum = min(referenceMinimum, later.referenceMinimum)
    referenceMaximum = max(referenceMaximum, later.referenceMaximum)
  }

  /// max |r| of the finite pairs; 0 when there are none.
  package var largestReference: Double { max(0, referenceMaximum, -referenceMinimum) }

  /// max |c − r|.
  public var maximumAbsoluteError: Double { finite(largestError) }

  /// √(Σ(c − r)² / n).
  public var rootMeanSquareError: Double {
    finite(count == 0 ? 0 : sqrt(squaredError / Double(count)))
  }

  /// The relative Frobenius error ‖c − r‖ / ‖r‖.
  ///
  /// **Edge cases**: 0 for identical values, zeros included; infinite when only the reference is
  /// zero.
  public var relativeError: Double {
    finite(squaredError == 0 ? 0 : sqrt(squaredError) / sqrt(referenceSquares))
  }

  /// The signal-to-noise ratio 10 log₁₀(Σr² / Σ(c − r)²), in decibels.
  ///
  /// **Edge cases**: +∞ for identical values, zeros included; −∞ when only the reference is zero.
  public var signalToNoiseDecibels: Double {
    finite(squaredError == 0 ? .infinity : 10 * log10(referenceSquares / squaredError))
  }

  /// The cosine of the angle between r and c: Σrc / (‖r‖ ‖c‖), in −1…1.
  ///
  /// **Edge cases**: 1 when both are zero, 0 when one of them is.
  public var cosineSimilarity: Double {
    let norms = sqrt(referenceSquares) * sqrt(candidateSquares)
    guard norms > 0 else {
      return finite(referenceSquares == candidateSquares ? 1 : 0)
    }
    // Rounding may carry the quotient beyond 1 by a few units in the last place.
    return finite(max(-1, min(1, products / norms)))
  }

  /// The peak signal-to-noise ratio 10 log₁₀((max r − min r)² / mean (c − r)²), in decibels.
  ///
  /// The peak is the range of the reference, not a fixed 255 or 1.
  ///
  /// **Edge cases**: +∞ for identical values; −∞ when they differ and the reference is constant.
  public var peakSignalToNoiseDecibels: Double {
    guard squaredError > 0 else { return finite(.infinity) }
    let peak = referenceMaximum - referenceMinimum
    return finite(10 * log10(peak * peak / (squaredError / Double(count))))
  }

  private func finite(_ metric: Double) -> Double { nonFinitePairCount == 0 ? metric : .nan }
}
