import Storage

/// The paths of the files that are committed for tests.
public enum Fixture {
  /// `Tests/Fixtures`.
  public static let folder = FileSystem.path(
    FileSystem.folder(of: FileSystem.folder(of: #filePath)), "Fixtures")
  /// A small, trained pipeline with the FLUX.2 [klein] architecture.
  public static let klein = FileSystem.path(folder, "glyph-klein")
  /// Its transformer: three bf16 shards with an index.
  public static let kleinTransformer = FileSystem.path(klein, "transformer")
  /// Golden runs of that pipeline: `glyph-klein.safetensors` and `glyph-klein.json`.
  public static let goldens = FileSystem.path(folder, "goldens")

  /// A committed file or folder by its path below `Tests/Fixtures`.
  public static func path(_ path: String) -> String { FileSystem.path(folder, path) }
}
