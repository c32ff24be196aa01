internal import Logging

/// Prints `level: message` lines, followed by metadata as `key=value`, sorted by key.
struct PlainLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  private let writeLine: @Sendable (String) -> Void

  init(logLevel: Logger.Level, writeLine: @escaping @Sendable (String) -> Void) {
    self.logLevel = logLevel
    self.writeLine = writeLine
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    writeLine("\(event.level): \(printable("\(event.message)\(pairs)"))")
  }
}
