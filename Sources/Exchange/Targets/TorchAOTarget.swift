public import Codecs
public import Families
public import Quantization
public import Safetensors
public import StrictJSON
internal import Tensors

/// torchao's weight-only int8 in the folders of diffusers.
///
/// A tensor of that library is several plain ones; the header of each file says how they belong
/// together, and of every other tensor that it is plain. Without that the loader takes nothing, and
/// says nothing.
public struct TorchAOTarget: ExportTarget {
  static let all: [any ExportTarget] = [TorchAOTarget()]

  public var id: String { "torchao:int8" }
  public var summary: String { "int8, a scale a row, 8 bits" }
  public var loads: String {
    "diffusers with the package torchao, from_pretrained without further arguments"
  }
  public var container: ExportContainer { .folder }

  public func refusal(of configuration: Configuration) -> String? {
    configuration.family.kind == .transformer
      ? nil : "expected a transformer, found a \(configuration.family.title)"
  }

  public func layout(of configuration: Configuration) -> Layout { .diffusers }

  private static let codec = ScaledInt8Codec(.torchAO, groupSize: nil)

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    try advised(tensor, by: Self.codec)
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    carrier(Self.codec, of: scheme, for: tensor)
  }

  public func metadata(of plan: ExportPlan) -> [SafetensorsHeader.MetadataEntry] {
    let names = JSONValue.array(plan.tensors.map { .init($0.name) })
    return [.init(key: "tensor_names", value: names.compact())]
      + plan.tensors.map { tensor in
        .init(key: tensor.name, value: Self.description(of: tensor).compact())
      }
  }

  /// What the loader is told of one tensor.
  private static func description(of tensor: ExportTensor) -> JSONValue {
    guard tensor.storage.isCoded else { return ["_type": "Tensor"] }
    return [
      "_type": "Int8Tensor",
      "_data": [
        "act_quant_kwargs": nil, "reduce_range": false,
        "block_size": [1, .init(tensor.shape.columns)],
        "dtype": ["_type": "torch.dtype", "_data": "bfloat16"],
      ],
      "_tensor_data_names": ["zero_point", "qdata", "scale"],
    ]
  }

  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {
    document["quantization_config"] = [
      "quant_method": "torchao", "modules_to_not_convert": .init(plan.keptModules),
      "quant_type": [
        "default": [
          "_type": "Int8WeightOnlyConfig", "_version": 2,
          "_data": [
            "granularity": ["_type": "PerRow", "_version": 1, "_data": ["dim": -1]],
            "group_size": nil, "set_inductor_config": true,
          ],
        ]
      ],
    ]
  }
}
