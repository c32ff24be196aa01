import Bundles
import Families
import Glibc
import MMDiT
import Operations
import Storage
import ToolKit

/// Measures the prediction of a FLUX.2 transformer: one line of JSON for each, the first of which is
/// to be warm.
///
///     bench-forward FILE SIDE TEXT THREADS RUNS|- [float32|bfloat16|int8]
///     bench-forward map BUNDLE
///
/// A picture of SIDE × SIDE tokens and TEXT text tokens of made-up numbers, on THREADS threads, RUNS
/// times after the first; with `-` once for each line of standard input, so that others can measure
/// in turn with it. Processor seconds are the same on a busy machine as on a quiet one; seconds are
/// not.
@main
enum BenchForward {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "map" { return try MapBundle.run(arguments[2]) }
    let numbers = arguments.dropFirst(2).prefix(3).compactMap { Int($0) }
    let arithmetic = arguments.count > 6 ? Arithmetic(rawValue: arguments[6]) : .float32
    guard let arithmetic, arguments.count >= 6, numbers.count == 3, numbers.allSatisfy({ $0 > 0 }),
      let runs = arguments[5] == "-" ? .max : Int(arguments[5])
    else {
      print("bench-forward FILE SIDE TEXT THREADS RUNS|- [float32|bfloat16|int8]")
      exit(2)
    }
    // As the tools do.
    keepFreedMemory()
    let (side, textCount, threads) = (numbers[0], numbers[1], numbers[2])
    let component = try OpenedComponent.open(arguments[1])
    let configuration = try component.weights.flux2()
    let transformer = try Transformer(
      configuration: configuration, weights: component.weights, arithmetic: arithmetic)
    let input = TransformerInput(
      latents: wave(side * side * configuration.inputChannels),
      grid: TokenGrid(height: side, width: side),
      text: wave(textCount * configuration.textSize), sigma: 0.5,
      guidance: configuration.hasGuidance ? 3.5 : nil)

    let clock = ContinuousClock()
    // As samplers have it.
    let memory = PassMemory()
    var run = 0
    repeat {
      let (before, start) = (processorSeconds(), clock.now)
      let velocity = try transformer.velocities(
        for: [input], threads: threads, memory: memory)[0]
      let elapsed = seconds(start.duration(to: clock.now))
      let processor = processorSeconds() - before
      let size = velocity.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      print(
        """
        {"seconds": \(elapsed), "processor_seconds": \(processor), \
        "peak_bytes": \(ProcessMemory.peakByteCount()), "velocity_norm": \(size)}
        """)
      fflush(nil)
      run += 1
    } while runs == .max ? readLine() != nil : run <= runs
  }

  /// Numbers of about the size of a normal deviate.
  private static func wave(_ count: Int) -> [Float] {
    (0..<count).map { Float(1.4 * sin(0.37 * Double($0) + 0.01 * Double($0 % 977))) }
  }

  static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + 1e-18 * Double(duration.components.attoseconds)
  }

  private static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + 1e-6 * Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }
}
