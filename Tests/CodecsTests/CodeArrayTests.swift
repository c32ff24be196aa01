import Codecs
import Tensors
import Testing

@Test func anArrayIsCalledAfterItsLayer() {
  let scale = CodeArray("weight_scale", .float32, [4, 1], .units(byteCount: 4))
  #expect(scale.name(ofWeight: "blocks.0.to_q.weight") == "blocks.0.to_q.weight_scale")
  let prefixed = CodeArray("_weight_qdata", .int8, [4, 2], .units(byteCount: 2))
  #expect(prefixed.name(ofWeight: "blocks.0.to_q.weight") == "blocks.0.to_q._weight_qdata")
}

@Test func theLastUnitHasWhatRemains() {
  // Five rows in units of two rows of six bytes: the last unit has three.
  let codes = CodeArray("weight", .uint8, [15], .units(byteCount: 6))
  #expect(codes.byteRange(ofRows: 0..<2, unitRows: 2) == 0..<6)
  #expect(codes.byteRange(ofRows: 2..<5, unitRows: 2) == 6..<15)
  let table = CodeArray("weight.quant_map", .float32, [16], .whole)
  #expect(table.byteRange(ofRows: 2..<4, unitRows: 2) == 0..<64)
}
