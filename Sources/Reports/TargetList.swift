internal import Exchange
public import StrictJSON
internal import ToolKit

/// Every target of `mmdit-export`: what it carries and where it loads.
public enum TargetList {
  /// For a terminal: the targets of each runtime under where they load.
  public static var text: String {
    var sections: [(loads: String, table: TextTable)] = []
    for target in Targets.all {
      if sections.last?.loads != target.loads {
        sections.append((target.loads, TextTable([.text("target"), .text("carries")])))
      }
      sections[sections.count - 1].table.append([target.id, target.summary])
    }
    let unsupported = Targets.unsupported.map { "  \($0.id): \($0.reason)" }
    return sections.map { "for \($0.loads)\n\($0.table.text)" }.joined(separator: "\n")
      + (["\nnot supported, because"] + unsupported).joined(separator: "\n")
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
