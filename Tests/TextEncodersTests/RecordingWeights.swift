import Synchronization
import Tensors

/// Weights that record how they are read.
final class RecordingWeights: WeightSource {
  /// One call of `decode`: which rows, and the addresses written.
  struct Reading {
    let name: String
    let rows: Range<Int>
    let addresses: Range<UInt>
  }

  private let source: any WeightSource
  private let log = Mutex<[Reading]>([])

  init(_ source: any WeightSource) { self.source = source }

  /// The calls so far.
  var readings: [Reading] { log.withLock { $0 } }

  var origin: String { source.origin }
  var weights: [WeightDescription] { source.weights }
  func weight(named name: String) -> WeightDescription? { source.weight(named: name) }

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    try source.decode(name, rows: rows, into: &output)
    let addresses = unsafe output.withUnsafeMutableBufferPointer { buffer in
      let start = UInt(bitPattern: buffer.baseAddress)
      return start..<start + UInt(buffer.count * MemoryLayout<Float>.stride)
    }
    log.withLock { $0.append(Reading(name: name, rows: rows, addresses: addresses)) }
  }
}

/// Some of the weights of another source.
struct SelectedWeights: WeightSource {
  let source: any WeightSource
  let weights: [WeightDescription]

  init(_ source: any WeightSource, where isKept: (String) -> Bool) {
    self.source = source
    weights = source.weights.filter { isKept($0.name) }
  }

  var origin: String { source.origin }
  func weight(named name: String) -> WeightDescription? { weights.first { $0.name == name } }

  func decode(_ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
    try source.decode(name, rows: rows, into: &output)
  }
}
