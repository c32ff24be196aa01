internal import Checkpoints
internal import Families
internal import Safetensors
internal import Storage
internal import Tensors

extension ConversionJob {
  /// What decides the bytes of the output; formats/journal.md, section "Fingerprint".
  func fingerprint(producer: String) throws -> JobFingerprint {
    var fingerprint = JobFingerprint(job: producer)
    fingerprint.add(parts.count)
    for part in parts { try part.add(to: &fingerprint, isAlone: !hasSubfolders) }
    for file in carried {
      fingerprint.add(file.name)
      try fingerprint.add(source: file.path, headerByteCount: 0)
    }
    return fingerprint
  }
}

extension ComponentConversion {
  fileprivate func add(to fingerprint: inout JobFingerprint, isAlone: Bool) throws {
    fingerprint.add(isAlone ? "" : name)
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
      try fingerprint.add(source: file.path, headerByteCount: file.headerByteCount)
    }
  }
}
