internal import ArgumentParser
internal import Bundles
internal import ToolKit

struct Repack: Tool {
  static let configuration = CommandConfiguration(
    commandName: "repack",
    abstract: "Stores a bundle again: compressed to download, or resident to map.",
    discussion: helpText(
      purpose: "Codes, scales and checksums stay what they are; nothing is decoded.",
      examples: [
        HelpExample(
          "to publish", "mmdit-bundle repack klein.mmdit --output klein-small.mmdit --compress"),
        HelpExample(
          "to run", "mmdit-bundle repack klein-small.mmdit --output klein.mmdit"),
      ]))

  @Argument(help: "A bundle.", completion: .file(extensions: ["mmdit"]))
  var bundle: String

  @Option(name: .shortAndLong, help: "The bundle to write.", completion: .file())
  var output: String

  @Flag(help: "Compress every segment in chunks of rows.")
  var compress = false

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let source = try Bundle.open(bundle)
    _ = try repack(
      source, to: output, compress: compress, threads: context.threadCount,
      monitor: context.monitor)
    let written = try Bundle.open(output)
    try context.print(
      printable(
        "\(output): \(byteCountText(written.fileByteCount)), from "
          + byteCountText(source.fileByteCount)))
    return .done
  }
}
