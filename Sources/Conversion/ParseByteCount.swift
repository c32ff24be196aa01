/// Reads a size as people write it: `5GB` and `500MB` in powers of 1000, `1GiB` in powers of 1024,
/// a bare number in bytes.
package func byteCount(parsing text: String) throws(ConversionFailure) -> Int {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  let units = [
    "": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KIB": 1 << 10,
    "MIB": 1 << 20, "GIB": 1 << 30,
  ]
  let unit = String(text.dropFirst(digits.count).drop { $0 == " " }).uppercased()
  guard let number = Int(digits), number > 0, let factor = units[unit] else {
    throw .badSize(text: text)
  }
  let (count, overflow) = number.multipliedReportingOverflow(by: factor)
  guard !overflow else { throw .badSize(text: text) }
  return count
}
