internal import ArgumentParser
internal import Bundles
internal import ToolKit

struct Check: Tool {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Reads every byte of bundles and compares it with checksums and format.",
    discussion: helpText(
      purpose: "Damage is named by tensor and segment.",
      examples: [HelpExample("before publishing", "mmdit-bundle check klein-int8.mmdit")]))

  @Argument(help: "Bundles.", completion: .file(extensions: ["mmdit"]))
  var bundles: [String]

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    for path in bundles {
      let bundle = try Bundle.open(path)
      _ = try bundle.canonicalWeights()
      try bundle.check(threads: context.threadCount, monitor: context.monitor)
      try context.print(
        printable(
          "\(path): whole: \(countText(bundle.weights.count, "tensor")), "
            + "\(byteCountText(bundle.fileByteCount)), every byte accounted for"))
    }
    return .done
  }
}
