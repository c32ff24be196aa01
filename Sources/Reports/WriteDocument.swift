internal import Storage
public import StrictJSON
public import ToolKit

/// Writes a text file whole, or not at all.
public func writeDocument(_ text: String, to path: String) throws {
  try AtomicFile.write(Array(text.utf8).rawBytes, to: path)
}

extension ToolContext {
  /// Writes a document where `--json` says: nowhere, to standard output for `-`, or to a file.
  public func write(_ document: @autoclosure () -> JSONValue, to destination: String?) throws {
    switch destination {
    case nil: break
    case "-": try print(document().pretty())
    case let path?: try writeDocument(document().pretty() + "\n", to: path)
    }
  }
}
