import Bundles
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct RowCodingTests {
  private let layer = "transformer_blocks.0.attn.to_q.weight"

  @Test(arguments: Scheme.all)
  func rowsAreReadAsTheyWereCoded(scheme: Scheme) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(SyntheticWeights(), scheme, to: folder.path("a"))
      let bundle = try Bundle.open(folder.path("a"))
      let columns = try #require(bundle.weight(named: layer)).shape.columns
      let coding: RowCoding? =
        switch (scheme.codeWidth, scheme.symmetry, scheme.group) {
        case (_, .asymmetric, _): nil
        case (.int8, .symmetric, let group): group == .row ? .int8 : nil
        case (.int4, .symmetric, let group): .int4(group: group.columns ?? columns)
        }
      #expect(bundle.coding(of: layer) == coding)
      for rows in [0..<32, 3..<4, 31..<32, 5..<5] {
        let values = try bundle.values(of: layer, rows: rows)
        #expect(try bundle.codedValues(of: layer, rows: rows) == (coding == nil ? nil : values))
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
        SyntheticWeights(storedAs: .float16), .asymmetric, to: folder.path("a"))
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
  fileprivate static let asymmetric = Scheme(
    .int4, group: .row, symmetry: .asymmetric, scaleType: .float32)
}
