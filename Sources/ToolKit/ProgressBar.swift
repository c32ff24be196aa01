/// The one line that a terminal shows for a stage, at most `width - 1` characters.
///
/// `quantize  15% [######------------] 1.2 GB of 7.8 GB  229.0 MB/s  29 s left`
///
/// The last column stays free because terminals differ in what they do after writing it. Where the
/// terminal is narrow the line gives up the speed, then the amounts, then the bar, then the time
/// left, then the end of the stage's name. Plain ASCII, without colour or escape sequences.
package func progressBar(_ snapshot: ProgressSnapshot, width: Int) -> String {
  let room = max(0, width - 1)
  let head = snapshot.stage
  let percent = snapshot.percent.map { "  " + padded("\($0)%", to: 4, .right) } ?? ""
  let amounts = snapshot.amounts
  let rate = snapshot.rate.map(snapshot.rateText)
  let left = snapshot.timeLeft

  let tails = [[amounts, rate, left], [amounts, left], [left], []].map { facts in
    facts.compactMap(\.self).joined(separator: "  ")
  }
  if let percentage = snapshot.percent {
    for tail in tails.dropLast() {
      // The brackets and the space before the tail.
      let around = 3 + (tail.isEmpty ? 0 : tail.count + 1)
      let cells = min(40, room - head.count - percent.count - around)
      if cells >= 10 {
        let filled = cells * percentage / 100
        let bar =
          String(repeating: "#", count: filled)
          + String(repeating: "-", count: cells - filled)
        return "\(head)\(percent) [\(bar)]" + (tail.isEmpty ? "" : " \(tail)")
      }
    }
  }
  let last = snapshot.percent == nil ? tails : Array(tails.suffix(2))
  for tail in last {
    let line = head + percent + (tail.isEmpty ? "" : "  \(tail)")
    if line.count <= room { return line }
  }
  return String(shortened(head, to: room - percent.count) + percent).prefix(room).description
}

/// The beginning of the text, ended by three dots when it was longer.
private func shortened(_ text: String, to room: Int) -> String {
  if text.count <= room { return text }
  return room < 4 ? String(text.prefix(max(0, room))) : text.prefix(room - 3) + "..."
}
