import Bundles
import Quantization
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct UnpackBundleTests {
  @Test(arguments: [ElementType.float32, .float16, .bfloat16])
  func theFileHasTheValuesRoundedToItsType(type: ElementType) throws {
    try TemporaryFolder.with { folder in
      let source = SyntheticWeights()
      try BundleBuilder.write(source, to: folder.path("b"), compress: true)
      let bundle = try Bundle.open(folder.path("b"))
      try unpack(bundle, to: folder.path("plain.safetensors"), as: type)
      let plain = try SafetensorsCheckpoint.open(folder.path("plain.safetensors"))
      #expect(plain.weights.count == source.weights.count)
      for tensor in bundle.header.tensors {
        let found = try plain.values(of: tensor.name)
        let decoded = try bundle.values(of: tensor.name)
        switch tensor.encoding {
        case .plain(let kept):
          #expect(plain.weight(named: tensor.name)?.encoding == kept.rawValue)
          let original = try source.values(of: tensor.name)
          #expect(found == original)
        case .quantized:
          #expect(plain.weight(named: tensor.name)?.encoding == type.rawValue)
          #expect(found == decoded.map { rounded($0, to: type) })
        }
      }
    }
  }

  private func rounded(_ value: Float, to type: ElementType) -> Float {
    switch type {
    case .float16: return Float(Float16(value))
    case .bfloat16:
      // Nearest even on the upper half of the bits.
      let bits = value.bitPattern
      return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
    default: return value
    }
  }
}
