internal import ArgumentParser
internal import Bundles
internal import Reports
internal import Tensors
internal import ToolKit

struct Unpack: Tool {
  static let configuration = CommandConfiguration(
    commandName: "unpack",
    abstract: "Writes the weights of a bundle as plain safetensors.",
    discussion: helpText(
      purpose: """
        Quantized tensors are decoded to the type of --dtype; kept ones have the bytes they
        had in the source. Names and rows are those of the bundle's layout.
        """,
      examples: [
        HelpExample(
          "for a runtime that reads safetensors only",
          "mmdit-bundle unpack klein-int8.mmdit --output klein-int8.safetensors")
      ]))

  @Argument(help: "A bundle.", completion: .file(extensions: ["mmdit"]))
  var bundle: String

  @Option(name: .shortAndLong, help: "The safetensors file to write.", completion: .file())
  var output: String

  @Option(help: "The type of decoded tensors.")
  var dtype = PlainType.bf16

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    try unpack(
      Bundle.open(bundle), to: output, as: dtype.elementType, threads: context.threadCount,
      monitor: context.monitor)
    try context.print(printable("\(output): written"))
    return .done
  }
}
