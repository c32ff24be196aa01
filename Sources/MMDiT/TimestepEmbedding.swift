internal import Glibc

/// The sinusoidal embedding of a noise level or guidance strength: cosines, then sines, of
/// 1000 · value · 10000^(−k / half) for k in 0..<half, half = channels / 2.
///
/// At an angle of 1000 the rounding of a Float frequency is visible, and networks were trained with
/// it: exponent, frequency and angle are rounded to Float as the published pipelines round them.
/// The transcendental functions are evaluated in Double and rounded once, so that the embedding
/// does not depend on a mathematical library.
package func sinusoidalEmbedding(of value: Float, channels: Int) -> [Float] {
  let scaled = 1000 * value
  let half = channels / 2
  let logarithm: Double = log(10000)
  var embedding = [Float](repeating: 0, count: channels)
  for index in 0..<half {
    let exponent = -Float(logarithm) * Float(index) / Float(half)
    let angle = Double(scaled * Float(exp(Double(exponent))))
    embedding[index] = Float(cos(angle))
    embedding[half + index] = Float(sin(angle))
  }
  return embedding
}
