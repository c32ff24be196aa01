internal import Bundles
internal import Reports
internal import ToolKit

extension Convert {
  /// Writes the bundle in another layout.
  func convertBundle(_ context: ToolContext) throws -> ToolExit {
    try refuseOptionsForCheckpoints()
    let job = try RelayoutJob(bundle: input, output: output, layout: layout.layout)
    if !dryRun { try job.run(threads: context.threadCount, monitor: context.monitor) }
    let report = ConversionReport(job, isDryRun: dryRun, threads: context.threadCount)
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    return .done
  }

  /// Refuses what has no meaning for a bundle, rather than leaving it aside.
  private func refuseOptionsForCheckpoints() throws {
    let given = [
      (
        "--dtype", dtype != nil,
        "Codes are moved as they are; with --dequantize they are decoded to a type."
      ),
      ("--max-shard-size", maxShardSize != nil, "A bundle is one file."),
      ("--resume", resume, "Moving rows takes no longer than copying them: run it again without."),
    ]
    for (option, isGiven, advice) in given where isGiven {
      throw BundleFailure.optionNotForBundles(option: option, path: input, advice: advice)
    }
  }
}
