internal import CZlib
internal import Storage

/// Why a zlib stream ends early.
enum DeflateFailure: Error {
  case damaged
  /// More bytes than asked for.
  case tooLong
}

/// The zlib stream (RFC 1950) of some bytes, at the highest level.
///
/// The same bytes give the same stream with the same version of zlib.
package func deflated(_ bytes: [UInt8]) -> [UInt8] {
  let capacity = Int(compressBound(UInt(bytes.count)))
  return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
    var written = UInt(capacity)
    let status = unsafe bytes.withUnsafeBufferPointer { input in
      // Reads `bytes.count` bytes and writes at most `capacity`, which is enough for any input.
      unsafe compress2(
        output.baseAddress, &written, input.baseAddress, UInt(input.count), Z_BEST_COMPRESSION)
    }
    precondition(status == Z_OK, "zlib has no memory")
    count = Int(written)
  }
}

/// Decompresses a zlib stream piece by piece, so that memory is what the caller asks for, whatever
/// the stream would expand to.
@safe
struct Inflater: ~Copyable {
  /// zlib keeps the address of its state, so that it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: [UInt8]
  private var inputOffset = 0
  private(set) var isAtEnd = false

  init(_ input: [UInt8]) {
    self.input = input
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // The version and the size are those of the header that this was compiled with.
    let status = unsafe inflateInit_(
      stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Fills the front of `output` with the next bytes and returns how many: all of it, or what
  /// remains when the stream ends.
  mutating func read(into output: inout MutableSpan<UInt8>) throws(DeflateFailure) -> Int {
    var written = 0
    while written < output.count, !isAtEnd {
      let inputCount = min(input.count - inputOffset, 1 << 30)
      let outputCount = min(output.count - written, 1 << 30)
      let status = unsafe input.withUnsafeBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target in
          // The offsets are at most the counts by the minima above.
          unsafe stream.pointee.next_in = source.baseAddress.map {
            unsafe UnsafeMutablePointer(mutating: $0 + inputOffset)
          }
          unsafe stream.pointee.avail_in = UInt32(inputCount)
          unsafe stream.pointee.next_out = target.baseAddress.map { unsafe $0 + written }
          unsafe stream.pointee.avail_out = UInt32(outputCount)
          return unsafe inflate(stream, Z_NO_FLUSH)
        }
      }
      let taken = unsafe inputCount - Int(stream.pointee.avail_in)
      let made = unsafe outputCount - Int(stream.pointee.avail_out)
      inputOffset += taken
      written += made
      isAtEnd = status == Z_STREAM_END
      guard isAtEnd || (status == Z_OK && taken + made > 0) else { throw .damaged }
    }
    return written
  }

  /// Proves that the stream ends here, its checksum is right, and nothing follows it.
  mutating func finish() throws(DeflateFailure) {
    var more = [UInt8](repeating: 0, count: 1)
    var span = more.mutableSpan
    guard try read(into: &span) == 0, inputOffset == input.count else { throw .tooLong }
  }

  /// The whole content of a stream of at most `limit` bytes.
  static func all(_ input: [UInt8], limit: Int) throws(DeflateFailure) -> [UInt8] {
    var inflater = Inflater(input)
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while !inflater.isAtEnd {
      var span = piece.mutableSpan
      let count = try inflater.read(into: &span)
      guard count <= limit - content.count else { throw .tooLong }
      content += piece[..<count]
    }
    return content
  }
}
