import Families
import Tensors
import Testing

/// What every layout of every published network must have.
@Suite struct LayoutTensorTests {
  static let networks = Family.all.flatMap { family in
    family.variants.map { (title: $0.title, configuration: $0.configuration(of: family)) }
  }

  @Test(arguments: networks.indices, Layout.written)
  func everyRowOfEveryWeightIsInOneTensor(network: Int, layout: Layout) {
    let configuration = Self.networks[network].configuration
    var runs: [String: [Range<Int>]] = [:]
    for tensor in configuration.tensors(in: layout) {
      #expect(tensor.runs.rowCount == tensor.shape.sliceCount, "\(tensor.name)")
      for run in tensor.runs { runs[run.source, default: []].append(run.rows) }
    }
    for weight in configuration.weights {
      let found = runs.removeValue(forKey: weight.name) ?? []
      let ends = found.sorted { $0.lowerBound < $1.lowerBound }.reduce(0) {
        $0 == $1.lowerBound ? $1.upperBound : -1
      }
      #expect(ends == weight.shape.sliceCount, "\(weight.name)")
    }
    #expect(runs.isEmpty)
  }

  /// A bundle stores a tensor with its parts' block, and every block in one run of its list.
  @Test(arguments: networks.indices, Layout.written)
  func partsLieInOneBlockAndBlocksFollowEachOther(network: Int, layout: Layout) {
    let configuration = Self.networks[network].configuration
    let tensors = configuration.tensors(in: layout)
    let blocks = Dictionary(
      uniqueKeysWithValues: configuration.weights.map { ($0.name, $0.block) })
    for tensor in tensors {
      for run in tensor.runs { #expect(blocks[run.source] == tensor.block, "\(tensor.name)") }
    }
    let order = tensors.map(\.block).reduce(into: [String]()) {
      if $0.last != $1 { $0.append($1) }
    }
    #expect(order == configuration.blocks)
    #expect(Set(tensors.map(\.name)).count == tensors.count)
  }

  @Test func fusedBiasesAreFusedVectors() throws {
    let family = Family.flux1
    let configuration = try #require(family.variants.first).configuration(of: family)
    let bias = try #require(
      configuration.tensors(in: .original).first { $0.name == "single_blocks.37.linear1.bias" })
    #expect(bias.shape == Shape([3 * 3072 + 12288]))
    #expect(bias.block == "single_transformer_blocks.37")
    #expect(
      bias.runs.map(\.source) == [
        "single_transformer_blocks.37.attn.to_q.bias",
        "single_transformer_blocks.37.attn.to_k.bias",
        "single_transformer_blocks.37.attn.to_v.bias",
        "single_transformer_blocks.37.proj_mlp.bias",
      ])
  }
}
