public import Images
public import Parallel

/// What a viewer who flips between two pictures sees of their difference, pixel by pixel.
public struct FLIPMap: Hashable, Sendable {
  public let width: Int
  public let height: Int
  /// 0 (no difference seen) to 1, `[height, width]`.
  public let values: [Float]
  /// The mean of all values.
  public let mean: Double
}

/// The pixels per degree of a picture on a display of 3840 pixels and 0.7 m, seen from 0.7 m away:
/// 3840 · π / 180 = 67.0206, the default of flip-evaluator.
public let defaultPixelsPerDegree = 3840 * Double.pi / 180

/// The visible difference of two pictures of one size (LDR-FLIP; Andersson, Nilsson, Akenine-Möller,
/// Oskarsson, Åström, Fairchild 2020).
///
/// Both pictures are blurred as the eye blurs them, in the opponent space YCxCz and by its contrast
/// sensitivities; their colours are compared in L*a*b* with the Hunt effect, by the HyAB distance, and
/// the distances brought into 0…1 (E_c). Edges and points of luminance are compared in the pictures as
/// they are (E_f). A pixel has E_c^(1 − E_f). Borders are repeated outwards.
///
/// Equal to flip-evaluator within the rounding of its 32-bit floats. 0 everywhere for equal pictures.
/// Computed in strips of 64 rows, on up to `threads` threads, of whose number the values do not depend.
/// Memory: the map, and for each thread some thirty planes of 64 rows and twice the radius (10 rows at
/// 67 pixels per degree). Throws when the sizes differ or `pixelsPerDegree` is not from 1 to 2000.
public func flip(
  reference: Image, candidate: Image, pixelsPerDegree: Double = defaultPixelsPerDegree,
  threads: Int = availableThreadCount()
) throws -> FLIPMap {
  try ImageMetricsFailure.check(reference, candidate)
  guard (1...2000).contains(pixelsPerDegree) else {
    throw ImageMetricsFailure.pixelsPerDegree(pixelsPerDegree)
  }
  let space = FLIPColorSpace()
  let sensitivity = ContrastSensitivity(pixelsPerDegree: pixelsPerDegree)
  let detectors = FeatureDetectors(pixelsPerDegree: pixelsPerDegree)
  let strips = try mapChunks(of: reference.height, chunk: 64, threads: threads) { rows in
    let margin = max(sensitivity.radius, detectors.radius)
    let first = OpponentStrip(reference, rows: rows, margin: margin, space: space)
    let second = OpponentStrip(candidate, rows: rows, margin: margin, space: space)
    let colorErrors = sensitivity.errors(first, second, space: space)
    let featureErrors = detectors.errors(first, second)
    return zip(colorErrors, featureErrors).map { Float(power($0, 1 - $1)) }
  }
  let values = strips.flatMap { $0 }
  let sum = values.reduce(0.0) { $0 + Double($1) }
  return FLIPMap(
    width: reference.width, height: reference.height, values: values,
    mean: sum / Double(values.count))
}
