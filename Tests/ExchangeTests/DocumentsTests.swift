import Conversion
import Exchange
import Families
import GGUF
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// What is written beside weights says of each of them what is stored.
@Suite struct DocumentsTests {
  private static func ids(_ beginnings: String...) -> [String] {
    Targets.all.map(\.id).filter { id in beginnings.contains { id.hasPrefix($0) } }
  }

  /// One file of weights that was written, and the `config.json` beside it.
  private struct Written {
    let path: String
    let header: SafetensorsHeader
    let file: SafetensorsFile
    /// The tensors of the plan.
    let coded: [ExportTensor]
    let plain: [ExportTensor]

    init(_ id: String, in folder: TemporaryFolder, part: String = "transformer") throws {
      let target = try Targets.named(id)
      path = folder.path("out" + (target.container.fileEnding ?? ""))
      let job = try ExportJob(model: "\(Fixture.klein)/\(part)", target: id, output: path)
      _ = try job.run(threads: 2)
      let isFolder = target.container.fileEnding == nil
      let plan = job.parts[0].plan
      file = try SafetensorsFile.open(
        isFolder ? FileSystem.path(path, plan.files[0].name) : path)
      header = file.header
      coded = plan.tensors.filter(\.storage.isCoded)
      plain = plan.tensors.filter { !$0.storage.isCoded }
    }

    func configuration() throws -> JSONField {
      try JSONField.parse(
        FileReader.contents(of: FileSystem.path(path, "config.json"), limit: 1 << 20),
        document: "config.json")
    }

    func metadata(_ key: String) throws -> JSONField {
      try JSONField.parse(Array(#require(header.metadata(key), "\(key)").utf8), document: key)
    }
  }

  private func module(_ tensor: ExportTensor) -> String {
    String(tensor.name.dropLast(".weight".count))
  }

  @Test func torchaoIsToldOfEveryTensor() throws {
    try TemporaryFolder.with { folder in
      let written = try Written("torchao:int8", in: folder)
      let names = try written.metadata("tensor_names").array().map { try $0.string() }
      #expect(Set(names) == Set((written.coded + written.plain).map(\.name)))
      #expect(Set(names).count == names.count)
      var stored: Set<String> = []
      for tensor in written.plain {
        #expect(try written.metadata(tensor.name)["_type"].string() == "Tensor")
        stored.insert(tensor.name)
      }
      for tensor in written.coded {
        let description = try written.metadata(tensor.name)
        #expect(try description["_type"].string() == "Int8Tensor")
        for part in try description["_tensor_data_names"].array() {
          stored.insert("\(module(tensor))._weight_\(try part.string())")
        }
      }
      #expect(stored == Set(written.header.tensors.map(\.name)))
    }
  }

  /// Where each loader looks for the modules that are plain.
  private func kept(_ id: String, _ settings: JSONField) throws -> Set<String> {
    let key =
      switch id.prefix(while: { $0 != ":" }) {
      case "bitsandbytes": "llm_int8_skip_modules"
      case "compressed-tensors": "ignore"
      default: "modules_to_not_convert"
      }
    let names = try settings[key].array().map { try $0.string() }
    guard id.hasPrefix("sdnq:") else { return Set(names) }
    // It lists weights, the others modules.
    #expect(names.allSatisfy { $0.hasSuffix(".weight") })
    return Set(names.map { String($0.dropLast(".weight".count)) })
  }

  @Test(arguments: ids("bitsandbytes:", "sdnq:", "torchao:", "compressed-tensors:"))
  func plainMatricesAreListedAndNoOthers(id: String) throws {
    let parts = ["transformer", "text_encoder"].filter {
      id.hasPrefix("torchao")
        ? $0 == "transformer" : !id.hasPrefix("compressed") || $0 != "transformer"
    }
    for part in parts {
      try TemporaryFolder.with { folder in
        let written = try Written(id, in: folder, part: part)
        let settings = try written.configuration()["quantization_config"]
        #expect(try settings["quant_method"].string() == id.prefix { $0 != ":" })
        // Of what lies in the file, not of what was planned: matrices of floats, whole.
        let stored = written.header.tensors.filter {
          $0.shape.extents.count == 2 && $0.name.hasSuffix(".weight")
            && $0.elementType == .bfloat16
        }
        var expected = Set(stored.map { String($0.name.dropLast(".weight".count)) })
        // The head of an encoder is a module, even when the embedding is its weight.
        if part == "text_encoder" { expected.insert("lm_head") }
        #expect(try kept(id, settings) == expected)
        #expect(expected.isDisjoint(with: written.coded.map(module)))
        #expect(!written.coded.isEmpty)
      }
    }
  }

  @Test(arguments: ids("mlx:"))
  func mlxIsToldTheNumbersOfItsCodes(id: String) throws {
    try TemporaryFolder.with { folder in
      let written = try Written(id, in: folder)
      for key in ["quantization", "quantization_config"] {
        let settings = try written.configuration()[key]
        let bits = try settings["bits"].integer()
        let group = try settings["group_size"].integer()
        #expect(id == "mlx:\(bits)bit-g\(group)")
        for tensor in written.coded {
          let (rows, columns) = (tensor.shape.rows, tensor.shape.columns)
          let extents = ["weight", "scales", "biases"].map {
            written.header["\(module(tensor)).\($0)"]?.shape.extents
          }
          let groups = [rows, columns / group]
          #expect(extents == [[rows, columns * bits / 32], groups, groups])
        }
        // The layers of scales are those of codes.
        let scales = written.header.tensors.count { $0.name.hasSuffix(".scales") }
        #expect(scales == written.coded.count)
      }
    }
  }

  @Test(arguments: ids("mflux:"))
  func mfluxKnowsItsFilesByTheirMetadata(id: String) throws {
    try TemporaryFolder.with { folder in
      let written = try Written(id, in: folder)
      #expect(written.header.metadata("quantization_level").map { "mflux:\($0)bit" } == id)
      #expect(written.header.metadata("mflux_version") != nil)
    }
  }

  @Test(arguments: ids("comfyui:"))
  func theMarkersOfComfyUIAndItsHeaderAgree(id: String) throws {
    try TemporaryFolder.with { folder in
      let written = try Written(id, in: folder)
      let layers = try written.metadata("_quantization_metadata")["layers"].members()
      #expect(Set(layers.map(\.key)) == Set(written.coded.map(module)))
      for (layer, field) in layers {
        let tensor = try #require(written.header["\(layer).comfy_quant"])
        var bytes = [UInt8](repeating: 0, count: tensor.shape.count)
        var span = bytes.mutableSpan
        var output = span.mutableRawBytes
        try written.file.read(tensor, at: 0, into: &output)
        #expect(try JSONField.parse(bytes, document: layer).value == field.value, "\(layer)")
      }
      let markers = written.header.tensors.count { $0.name.hasSuffix(".comfy_quant") }
      #expect(markers == layers.count)
    }
  }

  @Test(arguments: ids("gguf:"))
  func theMetadataOfGGUFAreWhatLoadersLookAt(id: String) throws {
    try TemporaryFolder.with { folder in
      let target = try #require(try Targets.named(id) as? GGUFTarget)
      let (path, _) = try export(id, to: folder)
      let header = try GGUFFile.open(path).header
      #expect(header.metadata["general.architecture"] == .string("flux"))
      #expect(header.metadata["general.quantization_version"] == .uint32(2))
      #expect(header.metadata["general.file_type"] == .uint32(target.mix.fileType))
      for tensor in header.tensors { #expect(tensor.name.utf8.count < 64) }
      // The type that the mix is called after holds most of the weights.
      let base = header.tensors.filter { $0.type == target.mix.base }
      let count = base.reduce(0) { $0 + $1.shape.count }
      #expect(2 * count > header.tensors.reduce(0) { $0 + $1.shape.count })
    }
  }

  /// Of ggml's list, as it is published.
  @Test func fileTypesAreThoseOfGGML() throws {
    let types = Dictionary(uniqueKeysWithValues: GGUFMix.all.map { ($0.name, $0.fileType) })
    let known: [String: UInt32] = [
      "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10,
      "Q3_K_S": 11, "Q3_K_M": 12, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17,
      "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30, "BF16": 32,
    ]
    for (name, type) in known { #expect(types[name] == type, "\(name)") }
  }
}
