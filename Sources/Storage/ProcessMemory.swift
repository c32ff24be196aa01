internal import Glibc

/// What this process takes of the machine's memory.
public enum ProcessMemory {
  /// The largest resident size so far, in bytes.
  ///
  /// As `/proc/self/status` has it. What `getrusage` says begins with the size of the program that
  /// started this one, so it is only asked where there is no such file.
  public static func peakByteCount() -> Int {
    let status = Machine.beginning(of: "/proc/self/status", byteCount: 1 << 14)
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.count == 3, let kibibytes = Int(words[1]) { return kibibytes * 1024 }
    }
    var usage = rusage()
    // The kernel counts in units of 1024 bytes; asking about oneself cannot fail.
    return unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? usage.ru_maxrss * 1024 : 0
  }
}
