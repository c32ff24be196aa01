internal import CKernels
internal import CZlib
internal import Crypto
public import Parallel

/// SHA-256 of a stream of bytes (FIPS 180-4).
public struct SHA256Digest: Sendable {
  private var state = SHA256()

  public init() {}

  /// Takes the next bytes of the stream.
  public mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
  }

  /// The digest of everything taken so far, as 64 hexadecimal digits.
  public var hexadecimal: String {
    state.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  /// The digest of a whole file, read once in pieces.
  public static func ofFile(
    _ path: String, monitor: WorkMonitor = .silent
  ) throws -> (hexadecimal: String, byteCount: Int) {
    let file = try FileReader.open(path)
    var digest = SHA256Digest()
    var piece = [UInt8](repeating: 0, count: min(file.byteCount, 1 << 20))
    var offset = 0
    while offset < file.byteCount {
      try monitor.checkCancellation()
      let count = min(piece.count, file.byteCount - offset)
      var span = piece.mutableSpan
      var bytes = span.mutableRawBytes
      var part = bytes._mutatingExtracting(first: count)
      try file.read(at: offset, into: &part)
      digest.update(part.bytes)
      offset += count
      monitor.advance(by: count)
    }
    return (digest.hexadecimal, file.byteCount)
  }
}

/// CRC-32 of a stream of bytes, as in gzip and PNG: reflected polynomial 0xEDB88320, initial value
/// and final exclusive-or 0xFFFFFFFF (ITU-T V.42).
public struct CRC32: Sendable, Hashable, CustomStringConvertible {
  /// The checksum of everything taken so far; 0 for no bytes.
  public private(set) var value: UInt32 = 0

  public init() {}

  /// Eight hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// A checksum known from elsewhere.
  public init(value: UInt32) { self.value = value }

  /// The checksum of `bytes`.
  public init(_ bytes: RawSpan) { update(bytes) }

  /// Takes the next bytes of the stream.
  public mutating func update(_ bytes: RawSpan) {
    value = unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return value }
      let level = mmdit_best_checksum_level()
      // Both read `count` bytes from the start of the buffer, which has that many.
      guard level == MMDIT_CHECKSUM_SCALAR else {
        return unsafe mmdit_crc32(level, value, base, buffer.count)
      }
      // Its tables are larger than those of our scalar loop, and faster.
      return UInt32(
        unsafe crc32_z(
          UInt(value), base.assumingMemoryBound(to: UInt8.self), buffer.count))
    }
  }

  /// Takes the next `byteCount` bytes of the stream by their own checksum, so that pieces can be
  /// summed by different threads.
  public mutating func append(_ next: CRC32, byteCount: Int) {
    value = UInt32(crc32_combine(UInt(value), UInt(next.value), byteCount))
  }
}
