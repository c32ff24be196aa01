internal import Checkpoints
internal import Families
internal import Recipes
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

extension QuantizationJob {
  /// What decides the bytes of the bundle; formats/journal.md, section "Fingerprint".
  ///
  /// The header is written anew at the end of every run; what it says follows from the rest.
  func add(
    to fingerprint: inout JobFingerprint, compress: Bool, digestsSources: Bool
  ) throws {
    fingerprint.add(BundleFormat.version)
    fingerprint.add(digestsSources ? 1 : 0)
    // The frames may be others with another version of zstd.
    fingerprint.add(compress ? ZstdChunk.libraryVersion : 0)
    fingerprint.add(plan.recipe.document.compact())
    fingerprint.add(plan.tensors.count)
    for tensor in plan.tensors {
      fingerprint.add(tensor.name)
      fingerprint.add(tensor.shape.description)
      fingerprint.add(tensor.encoding.description)
      fingerprint.add(tensor.block)
      fingerprint.add(tensor.runs.count)
      for run in tensor.runs {
        fingerprint.add(run.source)
        fingerprint.add(run.rows.lowerBound)
        fingerprint.add(run.rows.count)
      }
    }
    for file in checkpoint.source.files {
      try fingerprint.add(source: file.path, headerByteCount: file.headerByteCount)
    }
  }
}
