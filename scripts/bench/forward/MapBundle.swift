import Bundles
import Glibc

/// Measures how soon the weights of a bundle are there for a process: `bench-forward map BUNDLE`.
enum MapBundle {
  /// Opens a bundle, which reads and validates its header, maps the file, and reads the first byte of
  /// every segment where it is; compressed ones count for nothing.
  static func run(_ path: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let bundle = try Bundle.open(path)
    let mapping = try bundle.map()
    var (count, byteCount, sum) = (0, 0, 0)
    for segment in bundle.header.tensors.flatMap(\.segments) where segment.byteCount > 0 {
      guard let bytes = segment.bytes(in: mapping) else { continue }
      count += 1
      byteCount += bytes.byteCount
      // The segment has a byte.
      sum += Int(unsafe bytes.unsafeLoad(as: UInt8.self))
    }
    let seconds = BenchForward.seconds(start.duration(to: clock.now))
    print(
      """
      {"seconds": \(seconds), "segments": \(count), "bytes": \(byteCount), "first_bytes": \(sum)}
      """)
  }
}
