import CKernels
import Foundation
import Testing

@Suite struct PictureKernelTests {
  private let channelCounts = [1, 3, 15, 16, 17, 32, 45]

  private func bits(_ values: [Float]) -> [UInt32] {
    values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
  }

  @Test func channelsAreSummedInOrderAtEveryLevelAndCount() {
    for channels in channelCounts {
      for pixels in 0...5 {
        let x = mixedValues(pixels * channels, seed: UInt64(channels))
        let start = (0..<2 * channels).map { Double($0) / 3 }
        var expected = start
        for pixel in 0..<pixels {
          for channel in 0..<channels {
            let value = Double(x[pixel * channels + channel])
            expected[channel] += value
            expected[channels + channel] += value * value
          }
        }
        for level in levels {
          var sums = start + [7]
          unsafe mmdit_channel_sums(level, x, pixels, channels, &sums)
          #expect(comparableBits(sums) == comparableBits(expected + [7]), "level \(level)")
        }
      }
    }
  }

  @Test func normedActivationsFollowTheirDefinitionAtEveryLevelAndCount() {
    for channels in channelCounts {
      let pixels = 3
      let x = ordinaryValues(pixels * channels, seed: UInt64(channels))
      let factors = ordinaryValues(channels, seed: 1000)
      let summands = ordinaryValues(channels, seed: 2000)
      var results: [[Float]] = []
      for level in levels {
        var y = [Float](repeating: 9, count: x.count + 1)
        unsafe mmdit_normed_silu(level, x, pixels, channels, factors, summands, &y)
        #expect(y.last == 9)
        results.append(y.dropLast())
      }
      #expect(results.allSatisfy { bits($0) == bits(results[0]) }, "\(channels) channels")
      for index in x.indices {
        let channel = index % channels
        let v = x[index] * factors[channel] + summands[channel]
        let expected = Double(v) / (1 + exp(-Double(v)))
        // Two units of the exponential, half a unit each of the sum and the quotient.
        #expect(abs(Double(results[0][index]) - expected) <= 3.5 * 0x1p-23 * abs(expected))
      }
    }
  }

  /// Matrices of minimal filtering by their definition, rows first, in Float.
  private func product(_ matrix: [[Float]], _ x: [[Float]]) -> [[Float]] {
    matrix.map { row in
      x[0].indices.map { column in
        row.indices.reduce(into: nil as Float?) { sum, k in
          guard row[k] != 0 else { return }
          sum = sum.map { $0 + row[k] * x[k][column] } ?? row[k] * x[k][column]
        } ?? 0
      }
    }
  }

  private func transposed(_ x: [[Float]]) -> [[Float]] {
    x[0].indices.map { column in x.map { $0[column] } }
  }

  private func filtering(_ points: Int) -> (patch: [[Float]], product: [[Float]]) {
    points == 4
      ? (
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]]
      ) : ([[1, -1, 0], [0, 1, 0], [0, 1, -1]], [[1, 1, 0], [0, 1, -1]])
  }

  @Test(arguments: [3, 4])
  func patchesAreTransformedAtEveryLevelAndCount(_ points: Int) {
    for channels in channelCounts {
      for patches in 0...3 {
        let step = points - 2
        let width = (patches * step + points) * channels
        let x = ordinaryValues(points * width, seed: UInt64(channels))
        let plane = patches * channels + 5
        var expected = [Float](repeating: 9, count: points * points * plane)
        for patch in 0..<patches {
          for channel in 0..<channels {
            let d = (0..<points).map { i in
              (0..<points).map { j in x[i * width + (patch * step + j) * channels + channel] }
            }
            let matrix = filtering(points).patch
            let columns = product(matrix, d)
            let result = transposed(product(matrix, transposed(columns)))
            for point in 0..<points * points {
              expected[point * plane + patch * channels + channel] =
                result[point / points][point % points]
            }
          }
        }
        for level in levels {
          var planes = [Float](repeating: 9, count: expected.count)
          unsafe x.withUnsafeBufferPointer { x in
            let rows = unsafe (0..<points).map { row in
              unsafe x.baseAddress.map { unsafe $0 + row * width }
            }
            unsafe mmdit_transform_patches(level, points, rows, patches, channels, &planes, plane)
          }
          #expect(planes == expected, "level \(level), \(patches) patches of \(channels)")
        }
      }
    }
  }

  @Test(arguments: [3, 4], [false, true])
  func productsAreTransformedBackAtEveryLevelAndCount(_ points: Int, _ adds: Bool) {
    for channels in channelCounts {
      for (patches, width, height) in [(1, 1, 1), (1, 2, 2), (3, 5, 2), (3, 6, 1)] {
        let plane = patches * channels + 5
        let m = ordinaryValues(points * points * plane, seed: UInt64(channels))
        let biases = ordinaryValues(channels, seed: 3000)
        let stride = channels + 2
        let start = ordinaryValues(2 * width * stride, seed: 4000)
        var expected = start
        for (y, x) in (0..<height).flatMap({ y in (0..<width).map { (y, $0) } }) {
          for channel in 0..<channels {
            let values = (0..<points).map { i in
              (0..<points).map { j in
                m[(i * points + j) * plane + x / 2 * channels + channel]
              }
            }
            let matrix = filtering(points).product
            let columns = product(matrix, values)
            let result = transposed(product(matrix, transposed(columns)))
            let index = (y * width + x) * stride + channel
            let value = result[y][x % 2] + biases[channel]
            expected[index] = adds ? start[index] + value : value
          }
        }
        for level in levels {
          var output = start
          unsafe output.withUnsafeMutableBufferPointer { output in
            let rows = unsafe (0..<2).map { y in
              unsafe output.baseAddress.map { unsafe $0 + y * width * stride }
            }
            unsafe mmdit_transform_products(
              level, points, m, plane, patches, channels, biases, adds ? 1 : 0, rows, height,
              width, stride)
          }
          #expect(output == expected, "level \(level), \(width) × \(height) of \(channels)")
        }
      }
    }
  }
}
