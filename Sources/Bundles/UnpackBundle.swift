public import Parallel
internal import Safetensors
internal import Storage
public import Tensors

/// Writes a bundle's weights as plain safetensors in its layout.
///
/// Quantized tensors are decoded to `type` (`bfloat16`, `float16` or `float32`); a tensor that was
/// kept has the bytes it had in its source. Memory holds one row block per thread.
public func unpack(
  _ bundle: Bundle, to path: String, as type: ElementType,
  threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws {
  let tensors = bundle.header.tensors.map { tensor in
    let stored: ElementType =
      switch tensor.encoding {
      case .plain(let type): type
      case .quantized: type
      }
    return SafetensorsLayout.Entry(name: tensor.name, elementType: stored, shape: tensor.shape)
  }
  let layout = try SafetensorsLayout(
    tensors, metadata: bundle.header.provenance.metadata, path: path)
  let writer = try SafetensorsWriter.create(path, layout: layout)
  monitor.begin("unpack", total: bundle.weights.storedByteCount, unit: .bytes)
  for (tensor, weight) in zip(tensors, bundle.weights) {
    let columns = tensor.shape.columns
    let rowStride = columns * tensor.elementType.bitWidth / 8
    try forEachChunk(
      of: tensor.shape.rows, chunk: RowBlock.rowCount(columns: columns), threads: threads
    ) { rows in
      try monitor.checkCancellation()
      let values = try bundle.values(of: tensor.name, rows: rows)
      var bytes = [UInt8](repeating: 0, count: rows.count * rowStride)
      var output = bytes.mutableSpan
      encodeElements(values.span, as: tensor.elementType, into: &output)
      try writer.write(bytes.rawBytes, of: tensor.name, at: rows.lowerBound * rowStride)
      monitor.advance(by: weight.storedByteCount(of: rows))
    }
  }
  try writer.commit()
}
