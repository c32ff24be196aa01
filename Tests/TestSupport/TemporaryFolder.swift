import Foundation
internal import Storage

/// A fresh folder for one test.
public struct TemporaryFolder: Sendable {
  public let path: String

  /// Calls `body` with a fresh folder that is removed afterwards, with all it holds.
  public static func with<Result>(_ body: (TemporaryFolder) throws -> Result) throws -> Result {
    let folder = try make()
    defer { folder.remove() }
    return try body(folder)
  }

  /// Calls `body` with a fresh folder that is removed afterwards, with all it holds.
  public static func with<Result>(
    _ body: (TemporaryFolder) async throws -> Result
  ) async throws -> Result {
    let folder = try make()
    defer { folder.remove() }
    return try await body(folder)
  }

  private static func make() throws -> TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mmdit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return TemporaryFolder(path: url.path)
  }

  /// Takes an existing folder, which nobody removes.
  public init(path: String) { self.path = path }

  private func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name in the folder.
  public func path(_ name: String) -> String { FileSystem.path(path, name) }

  /// Makes a folder in the folder and returns its path.
  @discardableResult
  public func makeFolder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(
      atPath: path(name), withIntermediateDirectories: true)
    return path(name)
  }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    // Not synced to the disk, as the writers under test do: tests write thousands of files.
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Writes a text file and returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  /// The content of a file.
  public func read(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Removes a file or a folder.
  public func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path(name))
  }
}
