internal import Checkpoints
internal import Families
internal import Safetensors
internal import Storage
internal import Tensors

extension ConversionJob {
  /// What decides the bytes of the output; formats/journal.md, section "Fingerprint".
  func fingerprint(producer: String) throws -> JobFingerprint {
    var fingerprint = JobFingerprint(job: producer)
    fingerprint.add(plan.files.count)
    for file in plan.files {
      fingerprint.add(plan.isFolder ? file.name : "")
      fingerprint.add(file.tensors.count)
      for index in file.tensors {
        let tensor = plan.layout.tensors[index]
        fingerprint.add(tensor.name)
        fingerprint.add(tensor.shape.description)
        fingerprint.add(plan.types[index].rawValue)
        fingerprint.add(tensor.runs.count)
        for run in tensor.runs {
          fingerprint.add(run.source)
          fingerprint.add(run.rows.lowerBound)
          fingerprint.add(run.rows.count)
        }
      }
    }
    fingerprint.add(metadata.count)
    for entry in metadata {
      fingerprint.add(entry.key)
      fingerprint.add(entry.value)
    }
    for file in checkpoint.source.files {
      try fingerprint.add(source: file.path, headerByteCount: file.header.dataOffset)
    }
    return fingerprint
  }
}
