/// A number with its thousands apart: `1,234,567`, `-1,000`.
public func countText(_ count: Int) -> String {
  let digits = String(count.magnitude)
  var text = count < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return text
}

/// A number with its noun: `1 step`, `1,234 tensors`. The plural takes an s.
public func countText(_ count: Int, _ noun: String) -> String {
  "\(countText(count)) \(noun)\(count == 1 ? "" : "s")"
}
