import Autoencoders

/// What a convolution may be off by.
///
/// Its outputs are A ((G g Gᵀ) · (B d Bᵀ)) Aᵀ of the patches d that an output sees, summed over the
/// inputs. Of the terms' magnitudes, |A| ((|G g Gᵀ|) · (|B| |d| |B|ᵀ)) |A|ᵀ, each is off by
/// roundings of 2⁻²⁴: one of the transformed kernel, one for each of two stages of B, one of a product and
/// at most `inputs` of their sum, two for each of two stages of A, one of the bias and one of what it
/// is added to. Where the output is halved there are 9 · `inputs` products and a bias instead.
enum ConvolutionErrors {
  /// For each output of `Naive.convolve` the bound; `inputError` is what x is off by, in units of 2⁻²⁴
  /// of itself.
  static func bounds(
    _ x: [Float], inputs: Int, height: Int, width: Int, kernel: [Float], biases: [Float],
    _ sampling: Convolution.Sampling, inputError: Double = 0
  ) -> [Double] {
    let (forms, step, before) = forms(sampling)
    let roundings = Double(sampling == .halving ? 9 * inputs + 2 : inputs + 10) + inputError
    let outHeight = sampling == .halving ? height / 2 : sampling == .doubling ? 2 * height : height
    let outWidth = sampling == .halving ? width / 2 : sampling == .doubling ? 2 * width : width
    let size = forms.patch.count
    let side = forms.product.count
    // Of each output the transformed patches, one for each input.
    var patches: [[[[Double]]]] = []
    var bounds: [Double] = []
    for output in biases.indices {
      let kernels = (0..<inputs).map { input -> [[Double]] in
        let g = (0..<3).map { y in
          (0..<3).map { Double(kernel[(output * inputs + input) * 9 + 3 * y + $0]) }
        }
        return sandwich(forms.kernel, g).map { $0.map(abs) }
      }
      for row in 0..<outHeight {
        for column in 0..<outWidth {
          if output == 0 {
            patches.append(
              (0..<inputs).map { input in
                sandwich(
                  forms.patch,
                  (0..<size).map { i in
                    (0..<size).map { j in
                      let (y, z) = (
                        row / side * step + i - before, column / side * step + j - before
                      )
                      guard (0..<height).contains(y), (0..<width).contains(z) else { return 0 }
                      return Double(abs(x[(input * height + y) * width + z]))
                    }
                  })
              })
          }
          let (a, b) = (forms.product[row % side], forms.product[column % side])
          var sum = Double(abs(biases[output]))
          for (kernel, patch) in zip(kernels, patches[row * outWidth + column]) {
            for i in 0..<size {
              for j in 0..<size { sum += a[i] * b[j] * kernel[i][j] * patch[i][j] }
            }
          }
          bounds.append(roundings * 0x1p-24 * sum)
        }
      }
    }
    return bounds
  }

  /// The magnitudes of B and A, and G; the pixels from patch to patch, and the zeros before the first.
  private static func forms(
    _ sampling: Convolution.Sampling
  ) -> (
    (patch: [[Double]], kernel: [[Double]], product: [[Double]]), step: Int, before: Int
  ) {
    switch sampling {
    case .same:
      (
        (
          [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]],
          [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
          [[1, 1, 1, 0], [0, 1, 1, 1]]
        ), 2, 1
      )
    case .doubling:
      (
        (
          [[1, 1, 0], [0, 1, 0], [0, 1, 1]], [[1, 0, 0], [1, 1, 1], [0, 0, 1]],
          [[1, 1, 0], [0, 1, 1]]
        ), 1, 1
      )
    case .halving:
      (
        (
          [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 1]]
        ), 2, 0
      )
    }
  }

  /// m x mᵀ.
  private static func sandwich(_ m: [[Double]], _ x: [[Double]]) -> [[Double]] {
    m.map { a in
      m.map { b in
        a.indices.reduce(0) { sum, i in
          sum + b.indices.reduce(0) { $0 + a[i] * x[i][$1] * b[$1] }
        }
      }
    }
  }
}
