internal import Glibc

/// What the operating system says of itself and of the processor.
public enum Machine {
  /// Name and release of the operating system, `Linux 6.1.0`, without what a distribution adds to it;
  /// `unknown` when it does not say.
  ///
  /// The corresponding C function is `uname`.
  public static var system: String {
    guard let names = names() else { return "unknown" }
    let release = text(names.release).prefix { $0.isNumber || $0 == "." }
    return text(names.sysname) + " " + release
  }

  /// The processor as the system names it, its architecture where it has no name.
  public static var processor: String {
    let lines = beginning(of: "/proc/cpuinfo", byteCount: 1 << 16).split(separator: "\n")
    for line in lines where line.hasPrefix("model name") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[line.index(after: colon)...].drop { $0 == " " }
      if !name.isEmpty { return String(name) }
    }
    return names().map { text($0.machine) } ?? "unknown"
  }

  private static func names() -> utsname? {
    var names = utsname()
    return unsafe uname(&names) == 0 ? names : nil
  }

  /// The text of a field of characters, which ends with a zero or with the field.
  private static func text<Field>(_ field: Field) -> String {
    // The bytes are those of the field, as long as the closure runs.
    unsafe withUnsafeBytes(of: field) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The first bytes of a file whose size the system does not know, as text; empty when it cannot be
  /// read.
  static func beginning(of path: String, byteCount: Int) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      while count < byteCount {
        // In bounds: `count < byteCount`, the size of the buffer.
        let got = unsafe read(
          descriptor, buffer.baseAddress.unsafelyUnwrapped + count, byteCount - count)
        guard got > 0 else { break }
        count += got
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
