import Synchronization
import Tensors

/// Weights in memory that record how they are read.
final class MemoryWeights: WeightSource {
  /// One call of `decode`: which rows, and the addresses written.
  struct Reading {
    let name: String
    let rows: Range<Int>
    let addresses: Range<UInt>
  }

  let origin = "synthetic"
  let weights: [WeightDescription]
  private let values: [String: [Float]]
  private let log = Mutex<[Reading]>([])

  init(_ tensors: [String: (shape: [Int], values: [Float])]) {
    values = tensors.mapValues(\.values)
    weights = tensors.map { name, tensor in
      WeightDescription(
        name: name, shape: Shape(tensor.shape), encoding: "F32",
        storedByteCount: 4 * tensor.values.count)
    }.sorted { $0.name < $1.name }
  }

  /// The calls so far.
  var readings: [Reading] { log.withLock { $0 } }

  func weight(named name: String) -> WeightDescription? { weights.first { $0.name == name } }

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    guard let weight = weight(named: name), let values = values[name] else {
      preconditionFailure("no weight \(name)")
    }
    let first = rows.lowerBound * weight.shape.columns
    precondition(output.count == rows.count * weight.shape.columns)
    for index in 0..<output.count { output[index] = values[first + index] }
    let addresses = unsafe output.withUnsafeMutableBufferPointer { buffer in
      let start = UInt(bitPattern: buffer.baseAddress)
      return start..<start + UInt(buffer.count * MemoryLayout<Float>.stride)
    }
    log.withLock { $0.append(Reading(name: name, rows: rows, addresses: addresses)) }
  }

  /// The same tensors after `change`.
  func changed(
    _ change: (inout [String: (shape: [Int], values: [Float])]) -> Void
  ) -> MemoryWeights {
    var tensors: [String: (shape: [Int], values: [Float])] = [:]
    for weight in weights {
      tensors[weight.name] = (weight.shape.extents, values[weight.name] ?? [])
    }
    change(&tensors)
    return MemoryWeights(tensors)
  }
}
