package import Families

/// One of the blocks that the residual stream passes.
package enum NetworkBlock: Hashable, Sendable {
  /// Separate weights for the text and the image stream, joined in attention.
  case double(Int)
  /// The same weights for text and image tokens.
  case single(Int)

  /// Its name in the diffusers layout.
  package var name: String {
    switch self {
    case .double(let index): "transformer_blocks.\(index)"
    case .single(let index): "single_transformer_blocks.\(index)"
    }
  }
}

extension Flux2Configuration {
  /// The blocks in the order of execution.
  package var blocks: [NetworkBlock] {
    (0..<doubleBlockCount).map { .double($0) } + (0..<singleBlockCount).map { .single($0) }
  }
}
