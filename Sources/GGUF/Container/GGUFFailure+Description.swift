internal import Codecs
internal import Storage
internal import StrictJSON

extension GGUFFailure {
  public var description: String {
    switch self {
    case .noMagic, .bigEndian, .unknownVersion, .headerCutShort, .headerTooLong, .tooMany, .notText,
      .metadata:
      headerDescription
    case .tensor, .unreadableType, .cutShort, .trailingBytes, .codes:
      tensorDescription
    case .notTheFirst, .unnumbered, .missingFile, .otherSet, .tensorInTwoFiles:
      setDescription
    case .unwritable, .outsideTensor, .writtenTwice, .incomplete, .storage:
      writingDescription
    }
  }

  private var headerDescription: String {
    switch self {
    case .noMagic(let file, let found):
      let bytes = found.map { "0x" + String($0, radix: 16, uppercase: true) }
      return """
        \(file): expected a file that begins with "GGUF", found \
        \(found.isEmpty ? "too few bytes" : bytes.joined(separator: " "))
        Check that the file is in the GGUF format: other formats start differently.
        """
    case .bigEndian(let file, let version):
      return """
        \(file): expected little-endian numbers, found version \(version) in big-endian ones
        Make the file again for machines whose numbers begin with the lowest byte.
        """
    case .unknownVersion(let file, let found):
      return """
        \(file): expected version 2 or 3, found \(found)
        \(found == 1 ? "Convert the file with the program that made it." : Self.writeAgain)
        """
    case .headerCutShort(let file, let subject, let byteCount, let offset, let fileByteCount):
      return """
        \(file): \(subject): expected \(byteCount) bytes at byte \(offset), found the end of the \
        file at byte \(fileByteCount)
        \(Self.fetchAgain)
        """
    case .headerTooLong(let file, let subject, let byteCount, let offset):
      return """
        \(file): \(subject): expected a header of at most \(GGUFHeader.maximumByteCount) bytes, \
        found \(byteCount) more at byte \(offset)
        \(Self.writeAgain)
        """
    case .tooMany(let file, let things, let count, let byteCount):
      return """
        \(file): expected as many \(things) as \(byteCount) bytes can hold, found the number \(count)
        \(Self.fetchAgain)
        """
    case .notText(let file, let subject):
      return "\(file): \(subject): expected UTF-8, found other bytes\n\(Self.writeAgain)"
    case .metadata(let file, let key, let expected, let found):
      return """
        \(file): key \(key.quotedForMessage): expected \(expected), found \(found)
        \(Self.writeAgain)
        """
    default: preconditionFailure("not a failure of the header")
    }
  }

  private var tensorDescription: String {
    switch self {
    case .tensor(let file, let tensor, let expected, let found):
      return """
        \(subject(file, tensor))expected \(expected), found \(found)
        \(Self.writeAgain)
        """
    case .unreadableType(let file, let tensor, let number, let name):
      let known = BlockType.allCases.map(\.name).joined(separator: ", ")
      let found = name.map { "\($0), number \(number)" } ?? "the number \(number)"
      return """
        \(subject(file, tensor))expected a type that is read here, found \(found)
        Use a file of the types \(known), or the checkpoint that it was made from.
        """
    case .cutShort(let file, let tensor, let byteCount, let fileByteCount):
      return """
        \(subject(file, tensor))expected a file of \(byteCount) bytes, found \(fileByteCount): \
        \(byteCount - fileByteCount) are missing
        \(Self.fetchAgain)
        """
    case .trailingBytes(let file, let last, let byteCount, let fileByteCount):
      let end = last.map { "tensor \($0.quotedForMessage)" } ?? "the header"
      return """
        \(file): expected the file to end with \(end) at byte \(byteCount), found \
        \(fileByteCount - byteCount) more bytes
        \(Self.writeAgain)
        """
    case .codes(let file, let tensor, let reason):
      return subject(file, tensor) + reason.description
    default: preconditionFailure("not a failure of a tensor")
    }
  }

  private var setDescription: String {
    switch self {
    case .notTheFirst(let file, let number, let count, let first):
      let advice = first.map { "Name \($0.quotedForMessage), which leads to the others." }
      return """
        \(file): expected the first of \(count) files of a set, found number \(number)
        \(advice ?? "Name the first, which leads to the others.")
        """
    case .unnumbered(let file, let count):
      return """
        \(file): expected a name that ends in \
        "\(GGUFSplitName.ending(number: 1, count: count))", found another
        The file is the first of \(count), which are found by its name; give them back their names.
        """
    case .missingFile(let first, let file, let number, let count):
      return """
        \(first): expected the file \(file.quotedForMessage), number \(number) of \(count), beside \
        it, found none
        Fetch the file, or the whole set again.
        """
    case .otherSet(let file, let key, let expected, let found):
      return """
        \(file): key \(key.quotedForMessage): expected \(expected), found \(found)
        The files are not of one set; fetch them again.
        """
    case .tensorInTwoFiles(let file, let tensor, let other):
      return """
        \(subject(file, tensor))expected it in one file of the set, found it in \
        \(other.quotedForMessage) too
        The files are not of one set; fetch them again.
        """
    default: preconditionFailure("not a failure of a set")
    }
  }

  private var writingDescription: String {
    switch self {
    case .unwritable(let file, let subject, let expected, let found):
      return """
        \(file): \(subject): expected \(expected), found \(found)
        Choose another type or name for it; the GGUF format has no place for this one.
        """
    case .outsideTensor(let file, let tensor, let range, let byteCount):
      return """
        \(subject(file, tensor))expected bytes within its \(byteCount), found \
        \(range.lowerBound)..<\(range.upperBound)
        \(Self.reportThis)
        """
    case .writtenTwice(let file, let tensor, let range):
      return """
        \(subject(file, tensor))expected every byte once, found \
        \(range.lowerBound)..<\(range.upperBound) written again
        \(Self.reportThis)
        """
    case .incomplete(let file, let tensor, let written, let expected):
      return """
        \(subject(file, tensor))expected \(expected) bytes before the file is finished, found \
        \(written)
        \(Self.reportThis)
        """
    case .storage(let failure):
      return failure.description
    default: preconditionFailure("not a failure of writing")
    }
  }

  private func subject(_ file: String, _ tensor: String) -> String {
    "\(file): tensor \(tensor.quotedForMessage): "
  }

  private static let fetchAgain = "The file is cut short; fetch it again and compare its size."
  private static let writeAgain =
    "The program that wrote the file is at fault, or the file is damaged; make it again."
  private static let reportThis = "This is a defect of the program that writes; please report it."
}
