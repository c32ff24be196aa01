internal import Exchange
public import StrictJSON
internal import ToolKit

/// Every target of `mmdit-export`: what it carries and where it loads.
public enum TargetList {
  /// For a terminal.
  public static var text: String {
    var table = TextTable([.text("target"), .text("carries"), .text("loads in")])
    for target in Targets.all { table.append([target.id, target.summary, target.loads]) }
    let unsupported = Targets.unsupported.map { "\($0.id): not supported, because \($0.reason)" }
    return table.text + "\n" + unsupported.joined(separator: "\n")
  }

  /// For machines; formats/export-report.md, section "Targets".
  public static var document: JSONValue {
    [
      "format": "mmdit-targets", "version": 1,
      "targets": .array(
        Targets.all.map { target in
          [
            "id": .init(target.id), "carries": .init(target.summary),
            "loads": .init(target.loads),
            "ending": target.container.fileEnding.map { .init($0) } ?? .null,
          ]
        }),
      "unsupported": .array(
        Targets.unsupported.map { ["id": .init($0.id), "reason": .init($0.reason)] }),
    ]
  }
}
