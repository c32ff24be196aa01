public import Parallel
internal import Storage
internal import Tensors

/// Stores a bundle again, compressed for a download or resident for mapping.
///
/// Codes, scales and checksums stay what they are; nothing is decoded.
public func repack(
  _ bundle: Bundle, to path: String, compress: Bool, threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> BundleHeader {
  let plan = BundlePlan(repacking: bundle.header)
  var writer = try BundleWriter(path: path, plan: plan, compress: compress, threads: threads)
  monitor.begin("repack", total: bundle.weights.storedByteCount, unit: .bytes)
  try writer.writeTensors(of: bundle, monitor: monitor) { index, rows, buffer in
    let tensor = bundle.header.tensors[index]
    buffer.take(try tensor.segments.map { try bundle.readRows(rows, of: $0, in: tensor) })
  }
  let header = try writer.finish(provenance: bundle.header.provenance)
  for (before, after) in zip(bundle.header.tensors, header.tensors) {
    for (old, new) in zip(before.segments, after.segments) where old.checksum != new.checksum {
      throw BundleFailure.segmentChecksum(
        path: bundle.path, tensor: before.name, segment: old.kind.rawValue,
        expected: old.checksum, found: new.checksum)
    }
  }
  return header
}
