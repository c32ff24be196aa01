internal import Glibc

/// The noise levels of a run: where each step of the flow begins and ends.
///
/// A list u₀ > u₁ > … of levels is shifted towards noise by e^µ / (e^µ + 1/u − 1), the exponential
/// dynamic shift of flow matching; larger pictures and more steps have another µ.
public struct FlowMatchSchedule: Hashable, Sendable {
  /// One level for the beginning of each step and a last one: 0, but for levels given as they are.
  public let sigmas: [Float]

  /// The number of steps.
  public var stepCount: Int { sigmas.count - 1 }

  /// The shifted levels of `steps` equal steps from 1 to 0, for pictures of `tokenCount` latent
  /// tokens.
  public init(steps: Int, tokenCount: Int) throws(SamplingFailure) {
    guard (1...1 << 16).contains(steps) else {
      throw .schedule(subject: "steps", expected: "1 to \(1 << 16)", found: "\(steps)")
    }
    try self.init(
      unshifted: (0..<steps).map { 1 - Double($0) / Double(steps) }, tokenCount: tokenCount)
  }

  /// Levels that are used as they are, the final one included: those of a recorded run.
  public init(sigmas: [Float]) throws(SamplingFailure) {
    guard sigmas.count >= 2 else {
      throw .schedule(
        subject: "sigmas", expected: "at least two levels", found: "\(sigmas.count)")
    }
    for (index, sigma) in sigmas.enumerated() {
      guard sigma >= 0, sigma <= 1, index == 0 || sigma < sigmas[index - 1] else {
        throw .schedule(
          subject: "sigma \(index)", expected: "falling levels from 1 to 0", found: "\(sigma)")
      }
    }
    self.sigmas = sigmas
  }

  /// A list of levels, each shifted; the final 0 is not part of the list.
  ///
  /// The levels fall from at most 1 and stay above 0.
  public init(unshifted levels: [Double], tokenCount: Int) throws(SamplingFailure) {
    guard !levels.isEmpty else {
      throw .schedule(subject: "sigmas", expected: "at least one level", found: "none")
    }
    guard tokenCount > 0 else {
      throw .schedule(subject: "latent tokens", expected: "at least 1", found: "\(tokenCount)")
    }
    var last = Double.infinity
    for (index, level) in levels.enumerated() {
      guard level > 0, level <= 1, level < last else {
        throw .schedule(
          subject: "sigma \(index)",
          expected: index == 0 ? "a level in (0, 1]" : "a level above 0 and below \(last)",
          found: "\(level)")
      }
      last = level
    }
    let mu = Self.empiricalMu(tokenCount: tokenCount, steps: levels.count)
    sigmas = levels.map { Float(Self.shift($0, mu: mu)) } + [0]
  }

  /// µ, fitted by the model's authors: linear in the tokens at 10 and at 200 steps, linear in the
  /// steps between and beyond; above 4300 tokens the line of 200 steps.
  public static func empiricalMu(tokenCount: Int, steps: Int) -> Double {
    let tokens = Double(tokenCount)
    let at10 = 8.73809524e-05 * tokens + 1.89833333
    let at200 = 0.00016927 * tokens + 0.45666666
    if tokenCount > 4300 { return at200 }
    let slope = (at200 - at10) / 190
    return slope * Double(steps) + at200 - 200 * slope
  }

  /// e^µ / (e^µ + 1/u − 1), for u in (0, 1].
  public static func shift(_ level: Double, mu: Double) -> Double {
    exp(mu) / (exp(mu) + (1 / level - 1))
  }
}
