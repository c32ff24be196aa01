internal import Glibc

/// Writes all of the text; the error number when the system refuses, zero when it is written.
///
/// Repeats the call after a signal and after a short write, and waits where the descriptor is set
/// not to block, as terminals and pipes shared with another program can be.
func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
  var text = text
  return text.withUTF8 { bytes in
    var written = 0
    while written < bytes.count {
      // In bounds: `written` is below the count, and the count of what follows is passed along.
      let result = unsafe write(
        descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      if result >= 0 {
        written += result
      } else if errno == EAGAIN {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}

/// The width of the terminal that standard error is, and 80 where it does not say.
func standardErrorWidth() -> Int {
  var size = winsize()
  let result = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
  return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
}

/// Whether a line on standard error can be redrawn in place.
///
/// A dumb or unnamed terminal may not go back to the start of the line. `NO_COLOR` needs no
/// question: nothing here is coloured, and no escape sequence is written.
func standardErrorRedraws() -> Bool {
  isatty(STDERR_FILENO) == 1 && terminalRedraws(named: environmentValue("TERM"))
}

/// Whether a terminal of that `TERM` can go back to the start of its line.
package func terminalRedraws(named name: String?) -> Bool {
  guard let name else { return false }
  return !name.isEmpty && name != "dumb"
}

private func environmentValue(_ name: String) -> String? {
  // The environment is not changed by the suite, so the string stays while it is copied.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// The text of an error number.
func systemMessage(_ number: Int32) -> String {
  // Room for the longest message of glibc, which always ends what it writes with a zero.
  var buffer = [CChar](repeating: 0, count: 256)
  return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress, unsafe strerror_r(number, base, buffer.count) == 0 else {
      return "error \(number)"
    }
    return unsafe String(cString: base)
  }
}
