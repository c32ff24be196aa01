public import FidelityReports
internal import Storage
internal import ToolKit

extension ReportEnvironment {
  /// The suite that is running and the machine under it.
  public static func current(threads: Int) -> ReportEnvironment {
    ReportEnvironment(
      suiteVersion: ToolKit.suiteVersion, system: Machine.system, processor: Machine.processor,
      threads: threads)
  }
}
