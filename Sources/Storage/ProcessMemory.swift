internal import Glibc

/// What this process takes of the machine's memory.
public enum ProcessMemory {
  /// The largest resident size so far, in bytes.
  public static func peakByteCount() -> Int {
    var usage = rusage()
    // The kernel counts in units of 1024 bytes; asking about oneself cannot fail.
    return unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? usage.ru_maxrss * 1024 : 0
  }
}
