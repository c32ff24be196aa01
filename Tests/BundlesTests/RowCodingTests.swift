import Bundles
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct RowCodingTests {
  private let layer = "transformer_blocks.0.attn.to_q.weight"

  @Test(arguments: Scheme.all.filter { $0.codeWidth == .int8 })
  func rowsOfOneScaleAreReadAsTheyWereCoded(scheme: Scheme) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(SyntheticWeights(), scheme, to: folder.path("a"))
      let bundle = try Bundle.open(folder.path("a"))
      let isCoded = scheme.symmetry == .symmetric && scheme.group == .row
      #expect(bundle.coding(of: layer) == (isCoded ? .int8 : nil))
      for rows in [0..<32, 3..<4, 31..<32, 5..<5] {
        let values = try bundle.values(of: layer, rows: rows)
        #expect(try bundle.codedValues(of: layer, rows: rows) == (isCoded ? values : nil))
      }
    }
  }

  @Test func weightsKeptInBfloat16AreReadAsTheyAre() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("a"))
      let bundle = try Bundle.open(folder.path("a"))
      let kept = "context_embedder.weight"
      #expect(bundle.coding(of: kept) == .bfloat16)
      #expect(try bundle.codedValues(of: kept, rows: 2..<9) == bundle.values(of: kept, rows: 2..<9))
    }
  }

  @Test func otherTypesCompressedRowsAndUnknownNamesHaveNone() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(
        SyntheticWeights(storedAs: .float16), .int4, to: folder.path("a"))
      try BundleBuilder.write(SyntheticWeights(), .int8, to: folder.path("b"), compress: true)
      let (half, small) = (
        try Bundle.open(folder.path("a")), try Bundle.open(folder.path("b"))
      )
      #expect(half.weights.allSatisfy { half.coding(of: $0.name) == nil })
      #expect(small.coding(of: layer) == nil)
      #expect(small.coding(of: "no.such.weight") == nil)
    }
  }
}

extension Scheme {
  fileprivate static let int8 = Scheme(.int8, group: .row, scaleType: .float32)
  fileprivate static let int4 = Scheme(.int4, group: .row, scaleType: .float32)
}
