public import Failures
public import Storage

/// A bundle that cannot be read or written.
public enum BundleFailure: DiagnosedFailure, Equatable {
  /// The first bytes are not those of a bundle.
  case notABundle(path: String, found: [UInt8])
  case unsupportedVersion(path: String, expected: Int, found: Int)
  /// The prelude points outside the file, or not to its end.
  case badHeaderPlace(path: String, offset: UInt64, byteCount: UInt64, fileByteCount: Int)
  case headerChecksum(path: String, expected: CRC32, found: CRC32)
  /// A fact of the header that contradicts itself or the file.
  case inconsistent(path: String, subject: String, expected: String, found: String)
  case segmentChecksum(
    path: String, tensor: String, segment: String, expected: CRC32, found: CRC32)
  case damagedChunk(path: String, tensor: String, segment: String, chunk: Int, reason: String)
  /// Bytes between segments that are not zero.
  case strayBytes(path: String, offset: Int)
  /// The output would replace a file it is made from.
  case outputIsSource(path: String)
  /// Several components were to be quantized, but the path is no pipeline folder.
  case notAPipeline(path: String)
  /// A folder that could be opened as one of several bundles.
  case severalBundles(path: String, names: [String])
  /// A recipe treats parts of one tensor of the layout differently.
  case mixedTreatment(recipe: String, tensor: String, parts: [String])
  /// Parts that would become one tensor are stored differently.
  case mixedEncodings(path: String, tensor: String, found: [String])
  /// An option that says how values are written or files are cut, which a bundle's are not.
  case optionNotForBundles(option: String, path: String, advice: String)
  /// A bundle becomes a bundle, whose name says so.
  case outputNotABundle(path: String)
  /// A weight that no code can express.
  case cannotQuantize(origin: String, tensor: String, reason: String)

  public var kind: FailureKind {
    switch self {
    case .outputIsSource, .notAPipeline, .severalBundles, .mixedTreatment, .optionNotForBundles,
      .outputNotABundle:
      .usage
    default: .badData
    }
  }

  public var description: String {
    switch self {
    case .notABundle(let path, let found):
      return """
        \(path): expected a bundle, found a file that begins with \(found)
        A bundle is written by mmdit-quantize; safetensors files are read by mmdit-inspect.
        """
    case .unsupportedVersion(let path, let expected, let found):
      return """
        \(path): expected version \(expected) of the bundle format, found version \(found)
        Use the release of mmdit-tools that wrote the file, or a later one.
        """
    case .badHeaderPlace(let path, let offset, let byteCount, let fileByteCount):
      return """
        \(path): expected the header to end with the file at byte \(fileByteCount), found it at \
        byte \(offset) with \(byteCount) bytes
        The file is cut short or not a bundle; fetch or write it again.
        """
    case .headerChecksum(let path, let expected, let found):
      return """
        \(path): header: expected checksum \(expected), found \(found)
        The file is damaged; fetch or write it again.
        """
    case .inconsistent(let path, let subject, let expected, let found):
      return "\(path): \(subject): expected \(expected), found \(found)"
    case .segmentChecksum(let path, let tensor, let segment, let expected, let found):
      return """
        \(path): tensor "\(tensor)": \(segment): expected checksum \(expected), found \
        \(found)
        The file is damaged; fetch or write it again.
        """
    case .damagedChunk(let path, let tensor, let segment, let chunk, let reason):
      return """
        \(path): tensor "\(tensor)": \(segment): chunk \(chunk): \(reason)
        The file is damaged; fetch or write it again.
        """
    case .strayBytes(let path, let offset):
      return "\(path): expected zero bytes between segments, found another at byte \(offset)"
    case .outputIsSource(let path):
      return """
        \(path): expected an output of its own, found a file that is read
        Choose another output.
        """
    case .notAPipeline(let path):
      return """
        \(path): expected a pipeline folder for an output folder, found one component or one file
        Name an output that ends in .mmdit, or convert the file to a folder first.
        """
    case .severalBundles(let path, let names):
      return """
        \(path): expected one bundle, found \(names.joined(separator: ", "))
        Name the bundle that is meant.
        """
    case .mixedTreatment(let recipe, let tensor, let parts):
      return """
        recipe "\(recipe)": expected one treatment of all parts of "\(tensor)", found \
        \(parts.joined(separator: ", "))
        Treat them alike by a later rule, or write the diffusers layout, which has them apart.
        """
    case .mixedEncodings(let path, let tensor, let found):
      return """
        \(path): expected one encoding of all parts of "\(tensor)", found \
        \(found.joined(separator: " and "))
        Quantize the checkpoint again with a recipe that treats them alike.
        """
    case .optionNotForBundles(let option, let path, let advice):
      return """
        \(option): expected a checkpoint of safetensors files, found the bundle \(path)
        \(advice)
        """
    case .outputNotABundle(let path):
      return """
        \(path): expected a name that ends in .mmdit, since a bundle becomes a bundle
        mmdit-bundle unpack decodes one to safetensors.
        """
    case .cannotQuantize(let origin, let tensor, let reason):
      return """
        \(origin): tensor "\(tensor)": \(reason)
        Check the checkpoint, or keep this tensor by a rule of the recipe.
        """
    }
  }
}
