public import Codecs
public import Tensors

/// How a weight that is stored as several arrays becomes values: by the codec of a runtime.
public struct CodedMatrix: Sendable {
  /// One of the arrays, in the order of the codec.
  enum Source: Hashable, Sendable {
    /// The bytes of a tensor.
    case tensor(String)
    /// A float tensor whose elements the codec wants as float32, which holds them all.
    case widened(String, from: ElementType)
    /// What the file leaves out because it goes without saying.
    case constant([UInt8])
  }

  public let name: String
  public let shape: Shape
  public let codec: any MatrixCodec
  let arrays: [(array: CodeArray, source: Source)]
  /// What is added to the values, nil for nothing.
  public let lowRank: LowRankTerm?
  /// The tensors that belong to this weight, its codes apart, in the order of the format.
  public let companions: [String]

  /// The tensor that holds the codes: the first.
  var codesName: String {
    guard case .tensor(let name) = arrays[0].source else {
      preconditionFailure("the codes of \(name) are a tensor")
    }
    return name
  }

  /// For people: what the codec is called.
  public var encoding: String {
    lowRank.map { "\(codec.description) + rank \($0.rank)" } ?? codec.description
  }
}
