internal import Storage
internal import StrictJSON
internal import Tensors

extension SafetensorsFailure {
  public var description: String {
    switch self {
    case .noHeaderLength, .headerTooLong, .headerBeyondEnd, .headerStart, .headerSyntax, .metadata,
      .indistinctNames:
      headerDescription
    case .entry, .unknownElementType, .shapeOverflow, .partialByte, .reversedRange, .beyondData,
      .sizeMismatch:
      entryDescription
    case .overlap, .hole, .trailingBytes:
      coverageDescription
    case .noCheckpoint, .severalCheckpoints, .index, .shardOutsideFolder, .missingShard,
      .unlistedShard, .tensorNotInShard, .tensorNotInIndex, .tensorInTwoShards, .totalSizeMismatch:
      checkpointDescription
    case .undecodable, .unwritableName, .outsideTensor, .writtenTwice, .incomplete, .storage:
      useDescription
    }
  }

  private var headerDescription: String {
    switch self {
    case .noHeaderLength(let file, let byteCount):
      return """
        \(file): expected 8 bytes with the length of the header, found a file of \(byteCount) bytes
        \(Self.fetchAgain)
        """
    case .headerTooLong(let file, let byteCount):
      return """
        \(file): expected a header of at most \(SafetensorsHeader.maximumByteCount) bytes, found \
        the length \(byteCount)
        Check that the file is in the safetensors format: other formats start differently.
        """
    case .headerBeyondEnd(let file, let byteCount, let fileByteCount):
      return """
        \(file): expected a header of \(byteCount) bytes at byte 8, found the end of the file at \
        byte \(fileByteCount)
        \(Self.fetchAgain)
        """
    case .headerStart(let file, let found):
      let found = found.map { "the byte 0x\(String($0, radix: 16, uppercase: true))" }
      return """
        \(file): expected a header that starts with `{` at byte 8, found \(found ?? "no header")
        Check that the file is in the safetensors format: other formats start differently.
        """
    case .headerSyntax(let failure):
      return failure.description
    case .metadata(let file, nil, let found):
      return """
        \(file): __metadata__: expected an object of strings, found \(found)
        \(Self.writeAgain)
        """
    case .metadata(let file, let key?, let found):
      return """
        \(file): __metadata__: expected a string for \(key.quotedForMessage), found \(found)
        \(Self.writeAgain)
        """
    case .indistinctNames(let file, let tensor):
      return """
        \(subject(file, tensor))expected names that differ, found this one in two Unicode spellings
        Rename one of the two tensors.
        """
    default: preconditionFailure("not a failure of the header")
    }
  }

  private var entryDescription: String {
    switch self {
    case .entry(let file, let tensor, let field, let expected, let found):
      let place = field.map { $0 + ": " } ?? ""
      return """
        \(subject(file, tensor))\(place)expected \(expected), found \(found)
        \(Self.writeAgain)
        """
    case .unknownElementType(let file, let tensor, let found):
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      return """
        \(subject(file, tensor))expected a known dtype, found \(found.quotedForMessage)
        Known are \(known).
        """
    case .shapeOverflow(let file, let tensor, let extents):
      return """
        \(subject(file, tensor))expected a shape whose bits an integer of 64 bits can count, found \
        \(Self.list(extents))
        \(Self.writeAgain)
        """
    case .partialByte(let file, let tensor, let type, let shape, let bitCount):
      return """
        \(subject(file, tensor))expected elements that fill whole bytes, found \(type.rawValue) \
        \(Self.list(shape.extents)) of \(bitCount) bits
        Pad the last axis so that the bits are a multiple of 8.
        """
    case .reversedRange(let file, let tensor, let begin, let end):
      return """
        \(subject(file, tensor))expected data_offsets that begin before they end, found [\(begin), \
        \(end)]
        \(Self.writeAgain)
        """
    case .beyondData(let file, let tensor, let end, let dataByteCount):
      return """
        \(subject(file, tensor))expected data up to byte \(end), found the end of the data at byte \
        \(dataByteCount)
        \(Self.fetchAgain)
        """
    case .sizeMismatch(let file, let tensor, let type, let shape, let expected, let found):
      return """
        \(subject(file, tensor))expected \(expected) bytes for \(type.rawValue) \
        \(Self.list(shape.extents)), found \(found)
        \(Self.writeAgain)
        """
    default: preconditionFailure("not a failure of an entry")
    }
  }

  private var coverageDescription: String {
    switch self {
    case .overlap(let file, let tensor, let begin, let other, let otherEnd):
      return """
        \(subject(file, tensor))expected its data to begin where tensor \(other.quotedForMessage) \
        ends, at byte \(otherEnd), found byte \(begin)
        \(Self.writeAgain)
        """
    case .hole(let file, let tensor, let begin, let end):
      return """
        \(subject(file, tensor))expected its data to begin at byte \(begin), found byte \(end): the \
        \(end - begin) bytes between belong to no tensor
        \(Self.writeAgain)
        """
    case .trailingBytes(let file, nil, _, let dataByteCount):
      return """
        \(file): expected no data, for there are no tensors, found \(dataByteCount) bytes
        \(Self.writeAgain)
        """
    case .trailingBytes(let file, let last?, let covered, let dataByteCount):
      return """
        \(file): expected the data to end with tensor \(last.quotedForMessage) at byte \(covered), \
        found \(dataByteCount - covered) more bytes
        \(Self.writeAgain)
        """
    default: preconditionFailure("not a failure of the coverage")
    }
  }

  private var checkpointDescription: String {
    switch self {
    case .noCheckpoint(let folder, let subfolders):
      let advice =
        subfolders.isEmpty
        ? "Name a .safetensors file, its index, or the folder that holds them."
        : "Name one of its folders: \(subfolders.map(\.quotedForMessage).joined(separator: ", "))."
      return "\(folder): expected a .safetensors file or an index of shards, found none\n\(advice)"
    case .severalCheckpoints(let folder, let names):
      return """
        \(folder): expected one checkpoint, found \(names.count) files that could be meant
        Name one of them: \(names.map(\.quotedForMessage).joined(separator: ", ")).
        """
    case .index(let failure):
      return failure.description
    case .shardOutsideFolder(let index, let tensor, let shard):
      return """
        \(subject(index, tensor))expected a file beside the index, found \(shard.quotedForMessage)
        An index that leads elsewhere is not followed; correct it.
        """
    case .missingShard(let index, let shard, let tensorCount):
      return """
        \(index): expected the file \(shard.quotedForMessage) with \(tensorCount) tensors beside \
        it, found none
        Fetch the file, or the whole checkpoint again.
        """
    case .unlistedShard(let index, let shard):
      return """
        \(index): expected every shard in the index, found the file \(shard.quotedForMessage) \
        beside it
        Remove the file if it is left from another download, or fetch the index that belongs to it.
        """
    case .tensorNotInShard(let index, let tensor, let shard, let actual):
      let found = actual.map { "it in \($0.quotedForMessage)" } ?? "it in no shard"
      return """
        \(subject(index, tensor))expected it in \(shard.quotedForMessage), found \(found)
        The index and the shards are not of one checkpoint; fetch them again.
        """
    case .tensorNotInIndex(let index, let tensor, let shard):
      return """
        \(subject(index, tensor))expected every tensor in the index, found it in \
        \(shard.quotedForMessage) only
        The index and the shards are not of one checkpoint; fetch them again.
        """
    case .tensorInTwoShards(let index, let tensor, let first, let second):
      return """
        \(subject(index, tensor))expected it in one shard, found it in \(first.quotedForMessage) \
        and \(second.quotedForMessage)
        The index and the shards are not of one checkpoint; fetch them again.
        """
    case .totalSizeMismatch(let index, let stated, let found):
      return """
        \(index): metadata.total_size: expected \(stated) bytes in all tensors, found \(found)
        The index and the shards are not of one checkpoint; fetch them again.
        """
    default: preconditionFailure("not a failure of a checkpoint")
    }
  }

  private var useDescription: String {
    switch self {
    case .undecodable(let file, let tensor, let type):
      return """
        \(subject(file, tensor))expected real numbers, found the dtype \(type.rawValue)
        Such a tensor can be listed and copied, but not used as a weight.
        """
    case .unwritableName(let file, let name):
      return """
        \(subject(file, name))expected a name of its own, found one that is taken
        Names must differ, in more than their Unicode spelling, and not be \
        \(SafetensorsHeader.metadataKey).
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
    default: preconditionFailure("not a failure of use")
    }
  }

  private func subject(_ file: String, _ tensor: String) -> String {
    "\(file): tensor \(tensor.quotedForMessage): "
  }

  /// A shape cut after twelve axes: a hostile one must not flood the message.
  private static func list(_ extents: [Int]) -> String {
    let shown = extents.prefix(12).map(String.init).joined(separator: ", ")
    return extents.count > 12 ? "[\(shown), …] with \(extents.count) axes" : "[\(shown)]"
  }

  private static let fetchAgain = "The file is cut short; fetch it again and compare its size."
  private static let writeAgain =
    "The program that wrote the file is at fault, or the file is damaged; make it again."
  private static let reportThis = "This is a defect of the program that writes; please report it."
}
