public import Images
public import Parallel

/// The structural similarity of two pictures of one size (SSIM; Wang, Bovik, Sheikh, Simoncelli 2004):
/// 1 for equal pictures, never more, and down to −1.
///
/// With means μ, variances σ² and covariance σ_ab under a Gaussian window of 11 × 11 pixels and
/// standard deviation 1.5, C₁ = (0.01 · 255)² and C₂ = (0.03 · 255)², the mean of
///
///     (2 μ_a μ_b + C₁)(2 σ_ab + C₂) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂))
///
/// over all windows inside the picture, then over the three channels. Equal to scikit-image's
/// `structural_similarity(channel_axis=2, gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False, data_range=255)`. NaN when a side is below 11 pixels. Throws when the
/// sizes differ. The result does not depend on the number of threads.
public func structuralSimilarity(
  _ a: Image, _ b: Image, threads: Int = availableThreadCount()
) throws -> Double {
  try ImageMetricsFailure.check(a, b)
  guard min(a.width, a.height) >= SimilarityWindow.size else { return .nan }
  let channels = try (0..<3).map { channel in
    try SimilarityWindow.similarity(
      Plane(a, channel: channel), Plane(b, channel: channel), threads: threads
    ).structure
  }
  return channels.reduce(0, +) / 3
}

/// The structural similarity of two pictures over five scales (MS-SSIM; Wang, Simoncelli, Bovik 2003):
/// 1 for equal pictures, and down to 0.
///
/// Every scale halves the one before it by means of 2 × 2 pixels; an odd side gets a line of
/// zeros before its first. With S the similarity of `structuralSimilarity` and K its second factor alone,
/// (2 σ_ab + C₂) / (σ_a² + σ_b² + C₂), both means over windows and zero where negative:
///
///     K₁^0.0448 · K₂^0.2856 · K₃^0.3001 · K₄^0.2363 · S₅^0.1333
///
/// of each channel, and the mean of the three. Equal to pytorch-msssim's `ms_ssim(data_range=255)`.
/// NaN when a side is at most 160 pixels, as the fifth scale would not hold a window. Throws when the
/// sizes differ.
public func multiScaleStructuralSimilarity(
  _ a: Image, _ b: Image, threads: Int = availableThreadCount()
) throws -> Double {
  try ImageMetricsFailure.check(a, b)
  let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  guard min(a.width, a.height) > (SimilarityWindow.size - 1) << (weights.count - 1) else {
    return .nan
  }
  let channels = try (0..<3).map { channel in
    var planes = (Plane(a, channel: channel), Plane(b, channel: channel))
    var product = 1.0
    for (scale, weight) in weights.enumerated() {
      let (structure, contrast) = try SimilarityWindow.similarity(
        planes.0, planes.1, threads: threads)
      let isLast = scale == weights.count - 1
      product *= power(max(0, isLast ? structure : contrast), weight)
      if !isLast { planes = (planes.0.halved(), planes.1.halved()) }
    }
    return product
  }
  return channels.reduce(0, +) / 3
}
