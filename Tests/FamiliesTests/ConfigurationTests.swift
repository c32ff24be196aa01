import Families
import Safetensors
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  private func inferred(_ tensors: [NamedTensor]) throws -> Flux2Configuration {
    let source = WeightsInMemory(tensors, origin: "tiny.safetensors")
    return try Flux2Configuration(
      Configuration(of: source, identity: source.identity()), origin: source.origin)
  }

  @Test func theFixturesDocumentIsRead() throws {
    #expect(
      try FixtureConfiguration.read()
        == Flux2Configuration(
          headCount: 2, headSize: 128, doubleBlockCount: 4, singleBlockCount: 10, textSize: 384,
          inputChannels: 128, outputChannels: 128, feedForwardSize: 768,
          rotaryAxes: [32, 32, 32, 32], rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 256,
          hasGuidance: false))
  }

  @Test func whatADocumentLeavesOutTheWeightsTell() throws {
    let configuration = try FixtureConfiguration.parse("{}")
    let stated = try FixtureConfiguration.parse(TinyFlux2.configuration())
    #expect(configuration == stated)
    #expect(configuration.textSize == 24)
    #expect(configuration.feedForwardSize == 48)
  }

  @Test func whatADocumentStatesComesBeforeTheWeights() throws {
    #expect(try FixtureConfiguration.parse(#"{"in_channels": 64}"#).inputChannels == 64)
    let stated = try FixtureConfiguration.parse(#"{"in_channels": 64, "out_channels": 32}"#)
    #expect(stated.inputChannels == 64)
    #expect(stated.outputChannels == 32)
  }

  @Test func shapesTellWhatTheDocumentSays() throws {
    let source = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    #expect(try source.component().flux2() == FixtureConfiguration.read())
  }

  @Test func shapesOfEveryLayoutTellTheSame() throws {
    for hasGuidance in [true, false] {
      let stated = try FixtureConfiguration.parse(
        TinyFlux2.configuration(hasGuidance: hasGuidance), hasGuidance: hasGuidance)
      #expect(stated.hasGuidance == hasGuidance)
      for tensors in [
        TinyFlux2.diffusers(hasGuidance: hasGuidance),
        TinyFlux2.original(hasGuidance: hasGuidance),
        TinyFlux2.original(prefix: "model.diffusion_model.", hasGuidance: hasGuidance),
        TinyFlux2.original(norm: "weight", hasGuidance: hasGuidance),
      ] {
        #expect(try inferred(tensors) == stated)
      }
    }
  }

  @Test func theBundlesDocumentReadsBack() throws {
    var configuration = try FixtureConfiguration.read()
    for epsilon: Float in [1e-6, 1e-5, 0x1p-20, 0.3] {
      configuration.epsilon = epsilon
      configuration.rotaryBase = 10000.5
      configuration.hasGuidance.toggle()
      let text = configuration.component.document.pretty()
      let field = try JSONField.parse(Array(text.utf8), document: "bundle")
      let component = try Configuration(family: .flux2, document: field)
      #expect(try Flux2Configuration(component) == configuration)
    }
  }

  @Test func theBundlesDocumentKeepsDecimals() throws {
    let text = try FixtureConfiguration.read().component.document.compact()
    #expect(text.contains("\"epsilon\":1e-06") || text.contains("\"epsilon\":1e-6"))
    #expect(!text.contains("9.99"))
  }

  @Test func everyKeyOfTheBundlesDocumentIsNeeded() throws {
    let document = try FixtureConfiguration.read().component.document
    guard case .object(let members) = document else {
      Issue.record("no object")
      return
    }
    #expect(members.keys.count == 14)
    for key in members.keys {
      var others = members
      others[key] = nil
      #expect(throws: JSONFailure.self, "\(key)") {
        try Configuration(
          family: .flux2, document: JSONField(document: "bundle", value: .object(others)))
      }
    }
  }

  // MARK: Hostile documents

  /// Members that no network has, as they would stand in a document.
  private static let hostile: [(key: String, value: String)] =
    [
      "num_attention_heads", "attention_head_dim", "in_channels", "joint_attention_dim",
      "timestep_guidance_channels", "out_channels",
    ].flatMap { key in
      ["0", "-1", "16777217", "9223372036854775807", "99999999999999999999", "1.5", "\"2\"", "1e2"]
        .map { (key, $0) }
    }
    + ["num_layers", "num_single_layers"].flatMap { key in
      ["-1", "4097", "9223372036854775807", "2.0", "true", "[]"].map { (key, $0) }
    }
    + [
      ("mlp_ratio", "0"), ("mlp_ratio", "-3"), ("mlp_ratio", "1e308"), ("mlp_ratio", "1e400"),
      ("mlp_ratio", "1e-300"), ("mlp_ratio", "\"nan\""), ("mlp_ratio", "NaN"),
      ("axes_dims_rope", "[]"), ("axes_dims_rope", "[2, 2, 2]"), ("axes_dims_rope", "[8]"),
      ("axes_dims_rope", "[2, 2, 2, 2, 0]"), ("axes_dims_rope", "[2, 2, 2, 4]"),
      ("axes_dims_rope", "[1, 3, 2, 2]"), ("axes_dims_rope", "[0, 4, 2, 2]"),
      ("axes_dims_rope", "[-2, 6, 2, 2]"), ("axes_dims_rope", "[\"2\", 2, 2, 2]"),
      (
        "axes_dims_rope",
        "[9223372036854775806, 9223372036854775806, 9223372036854775806, 9223372036854775806]"
      ),
      ("rope_theta", "0"), ("rope_theta", "1"), ("rope_theta", "-2000"), ("rope_theta", "1e999"),
      ("rope_theta", "Infinity"), ("eps", "0"), ("eps", "-1e-6"), ("eps", "1"), ("eps", "1e-60"),
      ("eps", "1e300"), ("timestep_guidance_channels", "33"), ("guidance_embeds", "0"),
      ("guidance_embeds", "\"true\""),
    ]

  @Test(arguments: hostile.indices) func hostileMembersAreRefused(index: Int) {
    let (key, value) = Self.hostile[index]
    let found = message {
      _ = try FixtureConfiguration.parse(TinyFlux2.configuration(replacing: [key: value]))
    }
    #expect(found.hasPrefix("config.json: "), "\(key): \(value): \(found)")
  }

  @Test func headsAndTheirSizeMayNotOverflowTogether() {
    for (heads, size) in [
      ("9223372036854775807", "2"), ("4294967296", "4294967296"), ("16777216", "16777216"),
    ] {
      let found = message {
        _ = try FixtureConfiguration.parse(
          TinyFlux2.configuration(
            replacing: ["num_attention_heads": heads, "attention_head_dim": size]))
      }
      #expect(found.hasPrefix("config.json: "), "\(found)")
      #expect(found.contains("16777216"), "\(found)")
    }
  }

  @Test func aDocumentThatIsNoObjectIsRefused() {
    for text in ["[]", "null", "3", "\"{}\""] {
      #expect(
        message { _ = try FixtureConfiguration.parse(text) }.contains("expected an object"))
    }
  }

  // MARK: Hostile names and shapes

  @Test func anAbsurdBlockIndexIsNotADepth() throws {
    for index in ["9223372036854775807", "99999999999999999999", "4096", "100", "-1", "x", ""] {
      for (block, row) in [("double_blocks", "img_mlp.2"), ("single_blocks", "linear2")] {
        let tensors =
          TinyFlux2.original() + [NamedTensor("\(block).\(index).\(row).weight", [1], [0])]
        let configuration = try inferred(tensors)
        #expect(configuration.doubleBlockCount == 2, "\(index)")
        #expect(configuration.singleBlockCount == 2, "\(index)")
      }
    }
  }

  @Test func aWidthThatHeadsDoNotDivideIsRefused() throws {
    for extents in [[7], [0], [12], [32]] {
      var tensors = TinyFlux2.original()
      let index = try #require(
        tensors.firstIndex { $0.name == "double_blocks.0.img_attn.norm.query_norm.scale" })
      tensors[index] = NamedTensor(
        tensors[index].name, extents, Array(repeating: 0, count: extents[0]))
      #expect(
        message { _ = try inferred(tensors) }.hasPrefix(
          "tiny.safetensors: expected width = head_count × head_size, found 16 = "))
      #expect(message { _ = try inferred(tensors) }.hasSuffix(" × \(extents[0])"))
    }
  }

  @Test func aShapeThatDecidesMustBeThere() throws {
    for name in [
      "txt_in.weight", "time_in.in_layer.weight", "double_blocks.0.img_mlp.2.weight",
      "final_layer.linear.weight", "double_blocks.0.img_attn.norm.query_norm.scale",
    ] {
      let tensors = TinyFlux2.original().filter { $0.name != name }
      #expect(throws: FamilyFailure.missing(origin: "tiny.safetensors", names: [name])) {
        try WeightsInMemory(tensors, origin: "tiny.safetensors").component()
      }
    }
  }
}
