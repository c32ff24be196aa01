internal import Families
internal import StrictJSON
internal import Tensors

// What the folders of diffusers and transformers have in common, whatever quantized them.

extension ExportTarget {
  /// Autoencoders are kept by all of them.
  func refusalOfAutoencoders(_ configuration: Configuration) -> String? {
    configuration.family.kind == .autoencoder
      ? "an autoencoder is small, and quantizing it shows in every picture" : nil
  }

  /// The output head of a text encoder, which transformers keeps and whose module must be listed.
  func keptHead(_ tensor: ExportCandidate) -> (storage: TensorStorage, reason: String)? {
    tensor.module.hasSuffix("lm_head")
      ? (.plain(tensor.plainType), "it takes no part in encoding a prompt") : nil
  }
}

extension ExportPlan {
  /// The modules whose weights are matrices and plain, as loaders want them listed.
  ///
  /// A loader would make every linear layer a quantized one, and then miss its codes. Tables of
  /// embeddings are no linear layers; naming them does no harm.
  var keptModules: [String] {
    var modules = tensors.compactMap { tensor -> String? in
      guard !tensor.storage.isCoded, tensor.shape.extents.count == 2,
        tensor.name.hasSuffix(".weight")
      else { return nil }
      return String(tensor.name.dropLast(".weight".count))
    }
    // The head has no tensor of its own where it is tied to the embedding, but it is a linear layer.
    if configuration.family.kind == .textEncoder, !modules.contains("lm_head") {
      modules.append("lm_head")
    }
    return modules
  }
}
