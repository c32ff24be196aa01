/// A moment to the second, in UTC.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var secondsSince1970: Int

  public init(secondsSince1970: Int) { self.secondsSince1970 = secondsSince1970 }

  /// A moment as `2026-11-27T08:30:00Z`, or a day as `2026-11-27`, for its beginning; nil for any
  /// other text, and for days that no calendar has.
  public init?(_ text: String) {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard let date = parts.first.map(String.init), parts.count <= 2 else { return nil }
    guard let day = Self.numbers(date, separator: "-", widths: [4, 2, 2]) else { return nil }
    var seconds = 0
    if parts.count == 2 {
      guard parts[1].last == "Z",
        let time = Self.numbers(String(parts[1].dropLast()), separator: ":", widths: [2, 2, 2]),
        time[0] < 24, time[1] < 60, time[2] < 60
      else { return nil }
      seconds = time[0] * 3600 + time[1] * 60 + time[2]
    }
    let (year, month, dayOfMonth) = (day[0], day[1], day[2])
    guard (1...12).contains(month), (1...31).contains(dayOfMonth) else { return nil }
    let days = Self.days(year: year, month: month, day: dayOfMonth)
    // The 31st of a month of 30 days is the first of the next.
    guard Self.date(days: days) == (year, month, dayOfMonth) else { return nil }
    self.init(secondsSince1970: days * 86_400 + seconds)
  }

  /// `2026-11-27T08:30:00Z`.
  public var description: String {
    // Any database can hold any number: beyond the years of four digits it is told as it is.
    guard (-62_167_219_200..<253_402_300_800).contains(secondsSince1970) else {
      return "@\(secondsSince1970)"
    }
    let seconds = secondsSince1970 - Self.floorQuotient(secondsSince1970, 86_400) * 86_400
    return "\(day)T\(Self.digits(seconds / 3600, 2)):\(Self.digits(seconds / 60 % 60, 2)):"
      + "\(Self.digits(seconds % 60, 2))Z"
  }

  /// `2026-11-27`.
  public var day: String {
    guard (-62_167_219_200..<253_402_300_800).contains(secondsSince1970) else {
      return "@\(secondsSince1970)"
    }
    let (year, month, day) = Self.date(days: Self.floorQuotient(secondsSince1970, 86_400))
    return "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))"
  }

  public static func < (first: Timestamp, second: Timestamp) -> Bool {
    first.secondsSince1970 < second.secondsSince1970
  }

  private static func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private static func floorQuotient(_ number: Int, _ divisor: Int) -> Int {
    number / divisor - (number % divisor < 0 ? 1 : 0)
  }

  /// Numbers of exactly so many digits.
  private static func numbers(
    _ text: String, separator: Character, widths: [Int]
  ) -> [Int]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == widths.count else { return nil }
    var numbers: [Int] = []
    for (part, width) in zip(parts, widths) {
      guard part.utf8.count == width,
        part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = Int(part)
      else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  // Years begin in March here, so that the day that leap years add is the last one; 400 years have
  // 146,097 days. 719,468 days lie between the first of March of year 0 and 1970.

  /// The days since 1970 of a date of the Gregorian calendar.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month > 2 ? year : year - 1
    let era = floorQuotient(year, 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date that is so many days after 1970 began.
  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = floorQuotient(shifted, 146_097)
    let day = shifted - era * 146_097
    let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let isNextYear = month >= 10
    return (
      yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }
}
