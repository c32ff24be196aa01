internal import Glibc

/// The sinusoidal embedding of a noise level or guidance strength: cosines, then sines, of
/// 1000 · value · 10000^(−k / half) for k in 0..<half, half = channels / 2.
///
/// The product with 1000 is rounded to Float, as every pipeline does; the rest is computed in
/// Double and rounded once.
package func sinusoidalEmbedding(of value: Float, channels: Int) -> [Float] {
  let scaled = Double(1000 * value)
  let half = channels / 2
  var embedding = [Float](repeating: 0, count: channels)
  for index in 0..<half {
    let angle = scaled * exp(-log(10000) * Double(index) / Double(half))
    embedding[index] = Float(cos(angle))
    embedding[half + index] = Float(sin(angle))
  }
  return embedding
}
