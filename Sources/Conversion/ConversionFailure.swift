public import Failures

/// A checkpoint that cannot be converted as asked.
public enum ConversionFailure: DiagnosedFailure, Equatable {
  /// Parts of a fused tensor are stored as different types.
  case mixedTypes(origin: String, target: String, found: [String])
  /// The output would replace something that is read, or a folder with files.
  case outputExists(path: String)
  /// Several files were asked for under the name of one.
  case shardsNeedAFolder(path: String)
  /// A shard cannot hold a single tensor.
  case shardTooSmall(limit: Int, tensor: String, byteCount: Int)
  /// Elements that are no real numbers, or do not fill the bytes of a row.
  case cannotConvert(origin: String, tensor: String, type: String)
  /// Weights that are codes, and nothing says what to make of them.
  case holdsCodes(path: String, found: [String])
  /// A size that is not a number of bytes.
  case badSize(text: String)

  public var kind: FailureKind {
    switch self {
    case .outputExists, .shardsNeedAFolder, .shardTooSmall, .holdsCodes, .badSize: .usage
    case .mixedTypes, .cannotConvert: .badData
    }
  }

  public var description: String {
    switch self {
    case .mixedTypes(let origin, let target, let found):
      return """
        \(origin): expected one type in all parts of "\(target)", found \
        \(found.joined(separator: " and "))
        Give all tensors one type by --dtype.
        """
    case .outputExists(let path):
      return """
        \(path): expected a new file or folder, found one that is read or has files
        Choose another output.
        """
    case .shardsNeedAFolder(let path):
      return """
        \(path): expected a folder for several shards, found the name of one file
        Leave out .safetensors, or --max-shard-size.
        """
    case .shardTooSmall(let limit, let tensor, let byteCount):
      return """
        --max-shard-size: expected at least the largest tensor, "\(tensor)" with \(byteCount) \
        bytes, found \(limit)
        """
    case .cannotConvert(let origin, let tensor, let type):
      return """
        \(origin): tensor "\(tensor)": expected rows of real numbers in whole bytes, found \(type)
        """
    case .holdsCodes(let path, let found):
      return """
        \(path): expected --dequantize or --dtype for weights that are codes, found \
        \(found.joined(separator: ", "))
        No layout holds these codes; as values, BF16 with --dequantize, they take more bytes.
        """
    case .badSize(let text):
      return """
        --max-shard-size: expected a size such as 5GB or 500MB, found "\(text)"
        """
    }
  }
}
