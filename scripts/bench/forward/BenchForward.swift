import Bundles
import Families
import Glibc
import MMDiT
import Operations
import ToolKit

/// Measures the prediction of a FLUX.2 transformer: one line of JSON with the seconds of each run
/// after the first.
///
///     bench-forward FILE SIDE TEXT THREADS RUNS [float32|bfloat16|int8]
///
/// A picture of SIDE × SIDE tokens and TEXT text tokens of made-up numbers, on THREADS threads.
/// Processor seconds are the same on a busy machine as on a quiet one; seconds are not.
@main
enum BenchForward {
  static func main() throws {
    let arguments = CommandLine.arguments
    let numbers = arguments.dropFirst(2).prefix(4).compactMap { Int($0) }
    guard arguments.count >= 6, numbers.count == 4, numbers.allSatisfy({ $0 > 0 }) else {
      print("bench-forward FILE SIDE TEXT THREADS RUNS [float32|bfloat16|int8]")
      exit(2)
    }
    let arithmetic = arguments.count > 6 ? Arithmetic(rawValue: arguments[6]) : .float32
    guard let arithmetic else { exit(2) }
    // As the tools do.
    keepFreedMemory()
    let (side, textCount, threads, runs) = (numbers[0], numbers[1], numbers[2], numbers[3])
    let component = try OpenedComponent.open(arguments[1])
    let configuration = try component.weights.flux2()
    let transformer = try Transformer(
      configuration: configuration, weights: component.weights, arithmetic: arithmetic)
    let input = TransformerInput(
      latents: wave(side * side * configuration.inputChannels),
      grid: TokenGrid(height: side, width: side),
      text: wave(textCount * configuration.textSize), sigma: 0.5,
      guidance: configuration.hasGuidance ? 3.5 : nil)

    var (wall, processor) = ([Double](), [Double]())
    var size = 0.0
    for run in 0...runs {
      let clock = ContinuousClock()
      let (before, start) = (processorSeconds(), clock.now)
      let velocity = try transformer.velocities(for: [input], threads: threads)[0]
      let elapsed = start.duration(to: clock.now).components
      size = velocity.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard run > 0 else { continue }
      wall.append(Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds))
      processor.append(processorSeconds() - before)
    }
    print(
      """
      {"name": "forward \(side * side) + \(textCount) tokens", "arithmetic": "\(arithmetic)", \
      "threads": \(threads), \
      "seconds": \(wall.sorted()), "processor_seconds": \(processor.sorted()), \
      "peak_bytes": \(usage().ru_maxrss * 1024), "velocity_norm": \(size)}
      """)
  }

  /// Numbers of about the size of a normal deviate.
  private static func wave(_ count: Int) -> [Float] {
    (0..<count).map { Float(1.4 * sin(0.37 * Double($0) + 0.01 * Double($0 % 977))) }
  }

  private static func usage() -> rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage
  }

  private static func processorSeconds() -> Double {
    let usage = usage()
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + 1e-6 * Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }
}
