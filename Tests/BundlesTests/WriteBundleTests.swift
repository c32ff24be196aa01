import Bundles
import Families
import Parallel
import Quantization
import Recipes
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WriteBundleTests {
  /// A code, its scale and its zero point stand for one value; encoding in row blocks, writing,
  /// reading and decoding must give what encoding and decoding the whole matrix gives.
  @Test(arguments: Scheme.all.filter { $0.scaleType != .float32 }, [false, true])
  func decodesToWhatTheCodesStandFor(scheme: Scheme, compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let source = SyntheticWeights()
      let header = try BundleBuilder.write(
        source, scheme, to: folder.path("b.mmdit"), compress: compress)
      let bundle = try Bundle.open(folder.path("b.mmdit"))
      #expect(bundle.header == header)
      try bundle.check()
      for weight in source.weights {
        let values = try source.values(of: weight.name)
        let isQuantized =
          weight.name.contains("transformer_blocks") && !weight.name.contains("norm_")
        let expected =
          isQuantized ? try quantized(values, weight.shape.columns, scheme) : values
        #expect(try bundle.values(of: weight.name) == expected, "\(weight.name)")
      }
    }
  }

  private func quantized(_ values: [Float], _ columns: Int, _ scheme: Scheme) throws -> [Float] {
    let rows = values.count / columns
    var codes = [UInt8](repeating: 0, count: rows * scheme.codeBytesPerRow(columns: columns))
    var scales = [UInt8](repeating: 0, count: rows * scheme.scaleBytesPerRow(columns: columns))
    var zeros = [UInt8](repeating: 0, count: rows * scheme.zeroPointBytesPerRow(columns: columns))
    var codeSpan = codes.mutableSpan
    var scaleSpan = scales.mutableSpan
    var zeroSpan = zeros.mutableSpan
    try encodeRows(
      values.span, columns: columns, scheme: scheme, codes: &codeSpan, scales: &scaleSpan,
      zeroPoints: &zeroSpan)
    var decoded = values
    var output = decoded.mutableSpan
    decodeRows(
      codes: codes.rawBytes, scales: scales.rawBytes, zeroPoints: zeros.rawBytes,
      columns: columns, scheme: scheme, into: &output)
    return decoded
  }

  @Test(arguments: [false, true])
  func theBytesDoNotDependOnTheThreads(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let files = try [1, 2, 5].map { threads in
        let path = folder.path("\(threads)")
        try BundleBuilder.write(to: path, compress: compress, threads: threads)
        return try FileReader.contents(of: path, limit: 1 << 30)
      }
      #expect(files[0] == files[1])
      #expect(files[0] == files[2])
    }
  }

  @Test func compressingAndBackGivesTheSameBytesUnderTheSameChecksums() throws {
    try TemporaryFolder.with { folder in
      let resident = try BundleBuilder.write(to: folder.path("a"))
      let small = try repack(
        Bundle.open(folder.path("a")), to: folder.path("b"), compress: true)
      let direct = try BundleBuilder.write(to: folder.path("c"), compress: true)
      let back = try repack(
        Bundle.open(folder.path("b")), to: folder.path("d"), compress: false)
      #expect(back == resident)
      #expect(small == direct)
      #expect(try folder.read("a") == folder.read("d"))
      #expect(try folder.read("b") == folder.read("c"))
      try Bundle.open(folder.path("b")).check()
      for (one, other) in zip(resident.tensors, small.tensors) {
        #expect(one.segments.map(\.checksum) == other.segments.map(\.checksum))
      }
    }
  }

  /// Rows of 40 columns make 13,107 rows a block, so a taller matrix has several chunks, the last
  /// one short; any range of its rows must come back, across chunks as well.
  @Test(arguments: [false, true])
  func anyRowsOfATallMatrixComeBack(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      var configuration = SyntheticWeights.smallConfiguration
      configuration.feedForwardSize = 20_000
      configuration.singleBlockCount = 0
      let weights = try SyntheticWeights(configuration).canonical(configuration)
      let name = "transformer_blocks.0.ff.linear_in.weight"
      let plan = try BundleBuilder.plan(weights, .usual)
      _ = try quantize(
        weights, as: plan, provenance: BundleBuilder.provenance, to: folder.path("b"),
        compress: compress)
      let bundle = try Bundle.open(folder.path("b"))
      let whole = try bundle.values(of: name)
      let columns = configuration.width
      let step = RowBlock.rowCount(columns: columns)
      for rows in [0..<1, step - 1..<step + 1, 5..<2 * step + 7, 39_999..<40_000, 7..<7] {
        let part = try bundle.values(of: name, rows: rows)
        #expect(part == Array(whole[rows.lowerBound * columns..<rows.upperBound * columns]))
      }
    }
  }

  @Test func blocksLieInTheOrderOfExecutionAtPages() throws {
    try TemporaryFolder.with { folder in
      let header = try BundleBuilder.write(to: folder.path("b"))
      #expect(
        header.blocks.map(\.name) == [
          "embedders", "transformer_blocks.0", "single_transformer_blocks.0",
          "single_transformer_blocks.1", "output",
        ])
      #expect(header.blocks.allSatisfy { $0.run.offset.isMultiple(of: 4096) })
      for tensor in header.tensors {
        #expect(tensor.segments.allSatisfy { $0.runs[0].offset.isMultiple(of: 64) })
      }
    }
  }

  @Test func aResidentSegmentMapsWithoutACopy() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      let bundle = try Bundle.open(folder.path("b"))
      let mapping = try bundle.map()
      let file = mapping.bytes
      for tensor in bundle.header.tensors {
        for segment in tensor.segments {
          guard let bytes = segment.bytes(in: mapping) else {
            Issue.record("\(tensor.name) is not mapped")
            continue
          }
          let offset = bytes.withUnsafeBytes { part in
            file.withUnsafeBytes { part.baseAddress! - $0.baseAddress! }
          }
          #expect(offset == segment.runs[0].offset)
          let checksum = CRC32(bytes)
          #expect(checksum == segment.checksum)
        }
      }
    }
  }

  @Test func aCompressedSegmentIsNotMapped() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"), compress: true)
      let bundle = try Bundle.open(folder.path("b"))
      let mapping = try bundle.map()
      let isMapped = bundle.header.tensors[0].segments[0].bytes(in: mapping) != nil
      #expect(!isMapped)
    }
  }

  @Test(arguments: [Float.nan, .infinity])
  func aWeightWithoutACodeIsNamedAndNothingIsLeft(value: Float) throws {
    try TemporaryFolder.with { folder in
      let name = "single_transformer_blocks.1.attn.to_out.weight"
      let source = SyntheticWeights().replacing(name, at: 83, with: value)
      // The matrix has 80 columns: element 83 is in row 1, column 3.
      let failure = #expect(throws: BundleFailure.self) {
        try BundleBuilder.write(source, to: folder.path("b"))
      }
      #expect(failure?.description.contains("tensor \"\(name)\": row 1, column 3") == true)
      let left = try FileSystem.names(in: folder.path)
      #expect(left == [])
    }
  }

  @Test func stoppedHalfWayTheOldFileStands() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("b", "old")
      let monitor = WorkMonitor(
        onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { true })
      #expect(throws: Cancelled.self) { try BundleBuilder.write(to: path, monitor: monitor) }
      #expect(try folder.read("b") == Array("old".utf8))
      #expect(try FileSystem.names(in: folder.path) == ["b"])
    }
  }

  @Test func thePlanKnowsEveryOffsetAndBoundsTheFile() throws {
    try TemporaryFolder.with { folder in
      let plan = try BundleBuilder.plan(SyntheticWeights().canonical(), .usual)
      for compress in [false, true] {
        let header = try BundleBuilder.write(to: folder.path("b"), compress: compress)
        let bundle = try Bundle.open(folder.path("b"))
        #expect(bundle.fileByteCount <= plan.diskByteCount)
        #expect(bundle.dataEnd <= plan.dataEnd)
        guard !compress else { continue }
        #expect(bundle.dataEnd == plan.dataEnd)
        #expect(bundle.weights.storedByteCount == plan.weightByteCount)
        #expect(
          header.tensors.map { $0.segments.map { $0.runs[0].offset } }
            == plan.tensors.map(\.offsets))
      }
    }
  }

  @Test func kept64BitFloatsBecome32BitOnes() throws {
    let plan = try BundleBuilder.plan(
      SyntheticWeights(storedAs: .float64).canonical(), .usual)
    #expect(plan.tensors[0].encoding == .plain(.float32))
  }
}
