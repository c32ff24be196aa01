import Bundles
import Families
import Parallel
import Reports
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct InspectionTests {
  @Test func weightsAreDescribed() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "tiny.safetensors", TinyFlux2.original(), metadata: [.init(key: "title", value: "tiny")])
      // 26,592 values: 7 embedders and modulations 5,120, 4 streams of 3,344, 2 single blocks of
      // 3,344, the output 640, guidance 768.
      #expect(
        try inspect(path).text(tensors: false) == """
          \(path):
            FLUX.2 transformer, original layout
            decided by single_stream_modulation.lin.weight, img_in.weight
            head count: 2, head size: 8, width: 16, double block count: 2, single block count: 2
            text size: 24, input channels: 8, output channels: 8, feed forward size: 48
            timestep channels: 32, has guidance, rotary base: 2000, epsilon: 1e-06
            26,592 parameters, 106.4 kB in 1 file
            metadata title: tiny

            stored as  tensors  parameters     bytes
            ---------  -------  ----------  --------
            F32             43      26,592  106.4 kB
          """)
    }
  }

  @Test func tensorsAreListedOnDemand() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "b.safetensors",
        SafetensorsBytes.file([("wide", .bfloat16, [2, 3]), ("flat", .int64, [1])]))
      let known = Family.all.map(\.title).joined(separator: ", ")
      #expect(
        try inspect(path).text(tensors: true)
          == """
          \(path):
            unknown family
            7 parameters, 20 B in 1 file
            not convertible: \(path): expected a component of a known family, found names of none: \
          wide, flat Known are: \(known).

            stored as  tensors  parameters  bytes
            ---------  -------  ----------  -----
            BF16             1           6   12 B
            I64              1           1    8 B

            tensor  stored as  shape   bytes
            ------  ---------  ------  -----
            wide    BF16       [2, 3]     12
            flat    I64        [1]         8
          """)
    }
  }

  @Test func codesAreSaidToBeCodes() throws {
    try TemporaryFolder.with { folder in
      let scale = StoredTensor("b.weight_scale", [], float32: [2])
      let codes = StoredTensor("b.weight", [1, 2], codes: [1, -3])
      let bare = StoredTensor("a.weight", .float8E4M3, [1, 1], [0x38])
      let read = try folder.write("read", SafetensorsBytes.file(stored: [codes, scale, bare]))
      let inspection = try inspect(read, statistics: true)
      #expect(
        inspection.text(tensors: false).contains(
          "quantized already: 1 tensor F8_E4M3, 1 tensor I8 with one scale\n"))
      guard case .weights(let weights) = inspection.content else {
        Issue.record("a safetensors file is weights")
        return
      }
      #expect(weights.weights.map(\.name) == ["b.weight", "a.weight"])
      #expect(weights.statistics.map(\.statistics.absoluteMaximum) == [6, 1])

      let packed = StoredTensor("c.qweight", .int32, [1], [0, 0, 0, 0])
      let refused = try folder.write(
        "refused", SafetensorsBytes.file(stored: [codes, scale, packed]))
      let text = try inspect(refused).text(tensors: false)
      #expect(text.contains("quantized already: 1 tensor GPTQ or AWQ codes\n"))
      #expect(text.contains("not convertible: \(refused): tensor \"c.qweight\": expected "))
    }
  }

  @Test func weightsHaveADocument() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "c.safetensors",
        SafetensorsBytes.file(
          [("w", .bfloat16, [2, 3]), ("s", .bfloat16, [])], metadata: #"{"format":"pt"}"#))
      let known = Family.all.map(\.title).joined(separator: ", ")
      let problem = JSONValue(
        """
        \(path): expected a component of a known family, found names of none: w, s
        Known are: \(known).
        """)
      #expect(
        try inspect(path).document.compact() == """
          {"format":"mmdit-inspection","version":1,"path":"\(path)","kind":"weights",\
          "files":["\(path)"],"components":[],"problem":\(problem.compact()),"quantization":[],\
          "metadata":{"format":"pt"},\
          "parameters":7,"weight_bytes":14,\
          "census":[{"encoding":"BF16","tensors":2,"parameters":7,"bytes":14}],\
          "tensors":[{"name":"w","encoding":"BF16","shape":[2,3],"bytes":12},\
          {"name":"s","encoding":"BF16","shape":[],"bytes":2}]}
          """)
    }
  }

  @Test func theDocumentOfAKnownNetworkSaysWhatDecided() throws {
    try TemporaryFolder.with { folder in
      let prefix = "model.diffusion_model."
      let path = try folder.write("comfy.safetensors", TinyFlux2.original(prefix: prefix))
      let document = JSONField(document: "report", value: try inspect(path).document)
      let components = try document["components"].array()
      #expect(components.count == 1)
      let component = try #require(components.first)
      #expect(try component["family"].string() == "flux2")
      #expect(try component["title"].string() == "FLUX.2 transformer")
      #expect(try component["layout"].string() == "ComfyUI")
      #expect(try component["prefix"].string() == prefix)
      #expect(
        try component["evidence"].array().map { try $0.string() } == [
          "\(prefix)single_stream_modulation.lin.weight", "\(prefix)img_in.weight",
        ])
      #expect(try component["configuration"]["head_count"].integer() == 2)
      #expect(try document["problem"].value == .null)
      #expect(try component["variant"].value == .null)
      #expect(try document["tensors"].array().count == 43)
    }
  }

  @Test func anIncompleteNetworkIsDescribedWithItsProblem() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "tiny.safetensors",
        TinyFlux2.original().filter { $0.name != "single_blocks.1.linear2.weight" })
      let inspection = try inspect(path)
      #expect(
        inspection.text(tensors: false).contains(
          "\n  not convertible: \(path): expected every weight of the network, found 1 missing: "
            + "single_blocks.1.linear2.weight The download may be incomplete; fetch the missing "
            + "shards again.\n"))
      let document = JSONField(document: "report", value: inspection.document)
      #expect(try document["problem"].string().contains("found 1 missing"))
      #expect(try document["components"].array()[0]["configuration"].value == .null)
    }
  }

  @Test func largestEncodingsComeFirst() {
    func weight(_ name: String, _ encoding: String, _ count: Int, _ bytes: Int)
      -> WeightDescription
    {
      WeightDescription(
        name: name, shape: Shape([count]), encoding: encoding, storedByteCount: bytes)
    }
    let census = EncodingCount.census(of: [
      weight("a", "F32", 1, 4), weight("b", "BF16", 4, 8), weight("c", "F16", 4, 8),
      weight("d", "F32", 3, 12), weight("e", "F8_E4M3", 2, 2),
    ])
    #expect(census.map(\.encoding) == ["F32", "BF16", "F16", "F8_E4M3"])
    #expect(census.map(\.tensorCount) == [2, 1, 1, 1])
    #expect(census.map(\.weightCount) == [4, 4, 4, 2])
    #expect(census.map(\.byteCount) == [16, 8, 8, 2])
    #expect(EncodingCount.census(of: []).isEmpty)
  }

  @Test func metadataStayOnTheirLine() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "d.safetensors", [NamedTensor("w", [1], [1])],
        metadata: [
          .init(key: "note", value: "one\nnot convertible: \u{1B}[2J"),
          .init(key: "graph", value: String(repeating: "x", count: 5000)),
        ])
      let inspection = try inspect(path)
      let lines = inspection.text(tensors: false).split(separator: "\n")
      #expect(lines.contains(#"  metadata note: one\u{A}not convertible: \u{1B}[2J"#))
      let shown = String(repeating: "x", count: 160)
      #expect(
        lines.contains("  metadata graph: \(shown)… and 4,840 more characters, all in the JSON"))
      let document = JSONField(document: "report", value: inspection.document)
      #expect(try document["metadata"]["graph"].string().count == 5000)
    }
  }

  // MARK: Statistics

  /// Of 1, −1 and 3, −3: root mean square √5, kurtosis 41 / 5² = 1.64; the rows' largest values are
  /// 3 / √5 = 1.34 and 1 / √5 = 0.45 of it.
  @Test func statisticsTellWhichRowsStandOut() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "e.safetensors", [NamedTensor("w", [2, 2], [1, -1, 3, -3])])
      let inspection = try inspect(path, statistics: true)
      let table = """
          tensor  absmax   rms  kurtosis  rows that stand out (absmax in units of the tensor's rms)
          ------  ------  ----  --------  ---------------------------------------------------------
          w         3.00  2.24      1.64  1: 1.3, 0: 0.4
        """
      #expect(inspection.text(tensors: false).hasSuffix("\n\n" + table))
      let document = JSONField(document: "report", value: inspection.document)
      let statistics = try document["tensors"].array()[0]["statistics"]
      #expect(try statistics["absolute_maximum"].double() == 3)
      #expect(try statistics["mean"].double() == 0)
      #expect(try statistics["root_mean_square"].double() == 5.0.squareRoot())
      #expect(try statistics["kurtosis"].double() == 41.0 / 25)
      #expect(try statistics["not_finite"].integer() == 0)
      #expect(try statistics["worst_rows"].array().map { try $0["row"].integer() } == [1, 0])
    }
  }

  @Test func onlyRealNumbersHaveStatistics() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "f.safetensors",
        SafetensorsBytes.file([
          ("i", .int64, [1]), ("b", .bfloat16, [3]), ("c", .complex64, [1]), ("n", .float32, [0]),
        ]))
      let document = JSONField(
        document: "report", value: try inspect(path, statistics: true).document)
      let measured = try document["tensors"].array().filter {
        try $0.optional("statistics") != nil
      }
      #expect(try Set(measured.map { try $0["name"].string() }) == ["b", "n"])
    }
  }

  @Test func threadsDoNotChangeStatistics() throws {
    try TemporaryFolder.with { folder in
      var generator = SeededGenerator(seed: 7)
      // Three blocks of rows, the last one short.
      let columns = 1024
      let rows = 2 * RowBlock.rowCount(columns: columns) + 5
      let values = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
      let path = try folder.write("g.safetensors", [NamedTensor("w", [rows, columns], values)])
      let one = try inspect(path, statistics: true, threads: 1).document
      #expect(try inspect(path, statistics: true, threads: 4).document == one)
    }
  }

  // MARK: Pipelines

  @Test func eachPartOfAPipelineIsDescribed() throws {
    let inspection = try inspect(Fixture.klein)
    let text = inspection.text(tensors: false)
    #expect(
      text.hasPrefix(
        """
        \(Fixture.klein): pipeline Flux2KleinPipeline, not distilled: it wants a second, guiding pass

        scheduler: diffusers FlowMatchEulerDiscreteScheduler

        text_encoder: transformers Qwen3ForCausalLM
          Qwen3 text encoder, diffusers layout

        """))
    #expect(
      text.contains(
        """
        transformer: diffusers Flux2Transformer2DModel
          FLUX.2 transformer, diffusers layout
          decided by single_stream_modulation.linear.weight, x_embedder.weight
          head count: 2, head size: 128, width: 256, double block count: 4, single block count: 10
          text size: 384, input channels: 128, output channels: 128, feed forward size: 768
          timestep channels: 256, rotary base: 2000, epsilon: 1e-06
          16,749,056 parameters, 33.5 MB in 3 files
          metadata format: pt

          stored as  tensors  parameters    bytes
          ---------  -------  ----------  -------
          BF16           113  16,749,056  33.5 MB

        """))
    let document = JSONField(document: "report", value: inspection.document)
    #expect(try document["kind"].string() == "pipeline")
    #expect(try document["is_distilled"].bool() == false)
    let parts = try document["components"].array()
    #expect(
      try parts.map { try $0["name"].string() } == [
        "scheduler", "text_encoder", "tokenizer", "transformer", "vae",
      ])
    #expect(
      try parts.map {
        try $0.optional("weights")?["components"].array().map { try $0["family"].string() }
      } == [
        nil, ["qwen3"], nil, ["flux2"], ["flux2-autoencoder"],
      ])
  }

  @Test func aPipelinesPartsThatAreNotThereAreLeftOut() throws {
    try TemporaryFolder.with { folder in
      try folder.write(
        "model_index.json",
        """
        {"_class_name": "P", "is_distilled": true, "vae": [null, null], "size": 3,
         "text_encoder": ["transformers", "T"], "list": ["a", "b", "c"]}
        """)
      #expect(
        try inspect(folder.path).text(tensors: false) == """
          \(folder.path): pipeline P, distilled

          text_encoder: transformers T
          """)
    }
  }

  @Test func aPartOutsideThePipelineIsRefused() throws {
    try TemporaryFolder.with { folder in
      for name in ["../other", "/etc", "..", ".", "", "a/b"] {
        try folder.write("model_index.json", #"{"\#(name)": ["library", "Class"]}"#)
        #expect(throws: JSONFailure.self, "\(name)") { try inspect(folder.path) }
      }
    }
  }
}
