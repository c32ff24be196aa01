import ReportHistory
import Testing

@Suite struct TimestampTests {
  /// Seconds from `date -u -d TEXT +%s` of GNU coreutils 9.1.
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-27T08:30:15Z", 1_795_768_215),
    ("2000-02-29T23:59:59Z", 951_868_799), ("1969-12-31T23:59:59Z", -1),
    ("2100-03-01T00:00:00Z", 4_107_542_400), ("0001-01-01T00:00:00Z", -62_135_596_800),
    ("9999-12-31T23:59:59Z", 253_402_300_799), ("1900-02-28T12:00:00Z", -2_203_934_400),
  ])
  func momentsAreThoseOfTheCalendar(_ text: String, _ seconds: Int) {
    #expect(Timestamp(text)?.secondsSince1970 == seconds)
    #expect(Timestamp(secondsSince1970: seconds).description == text)
    #expect(Timestamp(String(text.prefix(10)))?.day == String(text.prefix(10)))
  }

  @Test func everyDayComesBack() {
    for day in stride(from: -719_528, to: 2_932_897, by: 13) {
      let time = Timestamp(secondsSince1970: day * 86_400 + 4242)
      #expect(Timestamp(time.description) == time)
    }
  }

  @Test(arguments: [
    "", "2026", "2026-11", "2026-1-1", "2026-13-01", "2026-02-29", "1900-02-29", "2026-00-10",
    "2026-04-31", "2026-11-27T", "2026-11-27T08:30:15", "2026-11-27T24:00:00Z",
    "2026-11-27T08:60:00Z", "2026-11-27T08:30Z", "2026-11-27 08:30:15Z", "+026-11-27",
    "2026-11-27T08:30:15ZT",
  ])
  func whatIsNoMomentIsRefused(_ text: String) { #expect(Timestamp(text) == nil) }
}
