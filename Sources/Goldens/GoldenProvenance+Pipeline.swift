internal import Bundles
internal import Parallel
internal import Rendering
internal import Storage

extension GoldenProvenance {
  /// What a pipeline is made of: the files of its networks and of its tokenizer.
  init(
    of pipeline: PicturePipeline, suiteVersion: String, monitor: WorkMonitor
  ) throws {
    let tokenizer = FileSystem.path(pipeline.path, "tokenizer/tokenizer.json")
    let files =
      pipeline.components.flatMap { name, component in
        component.files.map { (name: FileSystem.path(name, FileSystem.name(of: $0)), path: $0) }
      } + [(name: "tokenizer/tokenizer.json", path: tokenizer)]
    let total = try files.reduce(0) { $0 + (try FileSystem.byteCount(of: $1.path)) }
    monitor.begin("hash the model", total: total, unit: .bytes)
    self.init(
      suiteVersion: suiteVersion, model: FileSystem.name(of: pipeline.path),
      sources: try files.map { name, path in
        let (digest, byteCount) = try SHA256Digest.ofFile(path, monitor: monitor)
        return Source(name: name, byteCount: byteCount, sha256: digest)
      })
  }
}
