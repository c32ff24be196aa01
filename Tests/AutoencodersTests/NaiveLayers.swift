import Autoencoders
import Operations
import TestSupport

/// Layers as their definitions read, in Double, one output at a time.
enum Naive {
  /// A convolution of planes `[inputs, height, width]` with a kernel `[outputs, inputs, 3, 3]`.
  static func convolve(
    _ x: [Float], inputs: Int, height: Int, width: Int, kernel: [Float], biases: [Float],
    _ sampling: Convolution.Sampling
  ) -> (height: Int, width: Int, values: [Double]) {
    let (outHeight, outWidth, step, before, repeats) =
      switch sampling {
      case .same: (height, width, 1, 1, 1)
      case .halving: (height / 2, width / 2, 2, 0, 1)
      case .doubling: (2 * height, 2 * width, 1, 1, 2)
      }
    var values: [Double] = []
    for output in biases.indices {
      for row in 0..<outHeight {
        for column in 0..<outWidth {
          var sum = Double(biases[output])
          for input in 0..<inputs {
            for tap in 0..<9 {
              let (y, x) = (row * step + tap / 3 - before, column * step + tap % 3 - before)
              guard y >= 0, x >= 0, y < height * repeats, x < width * repeats else { continue }
              sum +=
                plane(input, y / repeats, x / repeats)
                * Double(kernel[(output * inputs + input) * 9 + tap])
            }
          }
          values.append(sum)
        }
      }
    }
    return (outHeight, outWidth, values)

    func plane(_ channel: Int, _ row: Int, _ column: Int) -> Double {
      Double(x[(channel * height + row) * width + column])
    }
  }

  /// Group norm of pixels `[P, C]` with 32 groups and epsilon 1e-6.
  static func groupNorm(
    _ x: [[Double]], weights: [Double], biases: [Double]
  ) -> [[Double]] {
    let size = weights.count / 32
    var result = x
    for group in 0..<32 {
      let members = group * size..<(group + 1) * size
      let values = x.flatMap { $0[members] }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      for pixel in x.indices {
        for channel in members {
          result[pixel][channel] =
            (x[pixel][channel] - mean) / (variance + 1e-6).squareRoot() * weights[channel]
            + biases[channel]
        }
      }
    }
    return result
  }

  /// A linear layer of each row.
  static func linear(_ x: [[Double]], _ layer: PointwiseLayer) -> [[Double]] {
    let weights = rows(layer.weights)
    return x.map { row in
      zip(weights, layer.biases).map { weights, bias in
        zip(weights, row).reduce(Double(bias)) { $0 + $1.0 * $1.1 }
      }
    }
  }

  static func rows(_ matrix: Matrix) -> [[Double]] {
    (0..<matrix.rows).map { row in matrix.values(ofRows: row..<row + 1).map(Double.init) }
  }
}

/// Values in −1…1.
func randomValues(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

func randomLayer(_ outputs: Int, _ inputs: Int, seed: UInt64) -> PointwiseLayer {
  PointwiseLayer(
    weights: Matrix(
      rows: outputs, columns: inputs, values: randomValues(outputs * inputs, seed: seed)),
    biases: randomValues(outputs, seed: seed + 1))
}

/// ‖a − b‖ / ‖b‖ in Double; infinite for other counts.
func relativeError(_ a: [Float], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  var (difference, size) = (0.0, 0.0)
  for index in a.indices {
    difference += (Double(a[index]) - b[index]) * (Double(a[index]) - b[index])
    size += b[index] * b[index]
  }
  return (difference / size).squareRoot()
}
