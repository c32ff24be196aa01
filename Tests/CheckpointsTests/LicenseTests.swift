import Checkpoints
import Safetensors
import TestSupport
import Testing

@Suite struct LicenseTests {
  /// The licence of the tiny network with a model card.
  private func license(card: String) throws -> String? {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline()
      try folder.write("pipeline/README.md", card)
      let license = try Checkpoint.open(pipeline).license
      #expect(try Checkpoint.open("\(pipeline)/transformer").license == license)
      return license
    }
  }

  @Test func theModelCardsFrontMatterNamesTheLicense() throws {
    for (card, expected) in [
      ("---\nlicense: apache-2.0\n---\n# Model\n", "apache-2.0"),
      ("---\ntags:\n- image\nlicense:   \"apache-2.0\"  \n---\n", "apache-2.0"),
      ("---\r\nlicense: 'mit'\r\nlanguage: en\r\n---\r\ntext", "mit"),
      (
        "---\nlicense: other\nlicense_name: flux-non-commercial-license\n---\n",
        "flux-non-commercial-license"
      ),
      ("---\nlicense_name:\nlicense: other\n---\n", "other"),
      // As long as it lasts: no closing line.
      ("---\nlicense: mit", "mit"),
    ] { #expect(try license(card: card) == expected, "\(card)") }
  }

  @Test func aCardThatNamesNoneHasNone() throws {
    for card in [
      "", "# Model\nlicense: mit\n", "---\ntags: x\n---\nlicense: mit\n", "---\nlicense:\n---\n",
      "---\nlicense: \"\"\n---\n", "\n---\nlicense: mit\n---\n", "---\n  license: mit\n---\n",
      "---\nlicenses: mit\n---\n",
    ] { #expect(try license(card: card) == nil, "\(card)") }
  }

  @Test func metadataComeBeforeTheModelCard() throws {
    try TemporaryFolder.with { folder in
      try folder.write("README.md", "---\nlicense: mit\n---\n")
      for (key, expected) in [
        ("license", "from-metadata"), ("modelspec.license", "from-metadata"), ("format", "mit"),
      ] {
        let path = try folder.write(
          "\(key).safetensors", TinyFlux2.original(),
          metadata: [.init(key: key, value: "from-metadata")])
        #expect(try Checkpoint.open(path).license == expected, "\(key)")
      }
    }
  }

  @Test func withoutCardAndMetadataThereIsNone() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("a.safetensors", TinyFlux2.original())
      #expect(try Checkpoint.open(path).license == nil)
      // A folder of that name is no card.
      try folder.makeFolder("README.md")
      #expect(try Checkpoint.open(path).license == nil)
    }
  }
}
