internal import CZstd

/// One chunk of bytes as one zstd frame (RFC 8878).
public enum ZstdChunk {
  /// The lowest level finds all there is in quantized codes; see `reports/compression.md`.
  public static let defaultLevel = 1

  /// The version of the library: another one may make other frames of the same bytes.
  public static var libraryVersion: Int { Int(ZSTD_versionNumber()) }

  /// The frame of `bytes`, nil when it would not be shorter than the bytes themselves.
  public static func compress(
    _ bytes: RawSpan, level: Int = defaultLevel
  ) throws(StorageFailure) -> [UInt8]? {
    let capacity = ZSTD_compressBound(bytes.byteCount)
    var failure: StorageFailure?
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      let written = unsafe bytes.withUnsafeBytes { input in
        unsafe ZSTD_compress(
          output.baseAddress, capacity, input.baseAddress, input.count, Int32(level))
      }
      if ZSTD_isError(written) != 0 {
        failure = .damagedCompression(reason: unsafe String(cString: ZSTD_getErrorName(written)))
      } else {
        count = written
      }
    }
    if let failure { throw failure }
    return frame.count < bytes.byteCount ? frame : nil
  }

  /// Decompresses one frame that must fill `output` exactly.
  public static func decompress(
    _ frame: RawSpan, into output: inout MutableRawSpan
  ) throws(StorageFailure) {
    let expected = output.byteCount
    let written = unsafe output.withUnsafeMutableBytes { output in
      unsafe frame.withUnsafeBytes { input in
        unsafe ZSTD_decompress(output.baseAddress, expected, input.baseAddress, input.count)
      }
    }
    guard ZSTD_isError(written) == 0 else {
      throw .damagedCompression(reason: unsafe String(cString: ZSTD_getErrorName(written)))
    }
    guard written == expected else {
      throw .damagedCompression(reason: "expected \(expected) bytes, found \(written)")
    }
  }
}
