/// How a program stores weights as codes, recognised by a tensor of a layer that no other has.
protocol CodeFormat: Sendable {
  /// The endings of the tensors that tell of it, the first that a layer has counts.
  static var anchors: [String] { get }

  /// The weight of a layer that has the anchor; nil when its tensors are of another format. Throws
  /// when they are of this one, and do not fit each other or are of a kind that is not read.
  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight?
}

/// A weight that is stored as codes.
enum CodedWeight {
  case tensor(CodedTensor)
  case matrix(CodedMatrix)

  var name: String {
    switch self {
    case .tensor(let codes): codes.name
    case .matrix(let codes): codes.name
    }
  }

  /// The tensor in whose place the weight stands.
  var codesName: String {
    switch self {
    case .tensor(let codes): codes.codesName
    case .matrix(let codes): codes.codesName
    }
  }

  /// The other tensors that belong to it.
  var companions: [String] {
    switch self {
    case .tensor(let codes): codes.companions
    case .matrix(let codes): codes.companions
    }
  }
}

/// Every format that is read by its tensors' names; the first that knows a layer counts. What is
/// left are codes of eight bits with a scale (`StoredCodes`).
let codeFormats: [any (CodeFormat & SendableMetatype).Type] = [
  BitsandbytesFormat.self, NVFP4Format.self, MXFP8Format.self, TorchAOFormat.self,
  QuantoFormat.self, CompressedTensorsFormat.self, MLXFormat.self, SDNQFormat.self,
]
