import Testing
import ToolKit

@Suite struct TextTests {
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"),
    (999_949, "999.9 kB"), (999_950, "1.0 MB"), (7_751_105_712, "7.8 GB"),
    (64_449_000_000, "64.4 GB"), (999_949_999_999, "999.9 GB"), (999_950_000_000, "1.0 TB"),
    (-1500, "-1.5 kB"), (Int.max, "9.2 EB"), (Int.min, "-9.2 EB"),
  ])
  func byteCountsUseDecimalUnits(byteCount: Int, text: String) {
    #expect(byteCountText(byteCount) == text)
  }

  @Test(arguments: [
    (0, "0 B/s"), (229_000_000, "229.0 MB/s"), (-1, "0 B/s"), (.nan, "0 B/s"),
    (.infinity, "9.2 EB/s"), (1e300, "9.2 EB/s"),
  ])
  func byteRatesSurviveAnyNumber(rate: Double, text: String) {
    #expect(byteRateText(rate) == text)
  }

  @Test(
    arguments: [
      (.zero, "0 ms"), (.milliseconds(-5), "0 ms"), (.microseconds(1499), "1 ms"),
      (.milliseconds(999), "999 ms"), (.microseconds(999_600), "1.0 s"),
      (.milliseconds(12_340), "12.3 s"), (.milliseconds(59_940), "59.9 s"),
      (.milliseconds(59_960), "1 min 00 s"), (.seconds(125), "2 min 05 s"),
      (.milliseconds(3_599_600), "1 h 00 min"), (.seconds(3_725), "1 h 02 min"),
      (.seconds(86_399), "1 d 00 h"), (.seconds(273_600), "3 d 04 h"),
    ] as [(Duration, String)])
  func durationsRoundToTheirLastUnit(duration: Duration, text: String) {
    #expect(durationText(duration) == text)
  }

  @Test(arguments: [
    (-1, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"),
    (3600, "1 h 00 min"), (3629, "1 h 00 min"), (3630, "1 h 01 min"),
    (Int.max, "106751991167300 d 16 h"),
  ])
  func estimatesShowWholeUnits(seconds: Int, text: String) {
    #expect(wholeDurationText(seconds: seconds) == text)
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (12_345, "12,345"),
    (1_234_567, "1,234,567"), (-1000, "-1,000"), (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func countsKeepTheirThousandsApart(count: Int, text: String) {
    #expect(countText(count) == text)
  }

  @Test func countsAgreeWithTheirNoun() {
    #expect(countText(1, "step") == "1 step")
    #expect(countText(0, "step") == "0 steps")
    #expect(countText(1234, "tensor") == "1,234 tensors")
  }

  @Test func controlCharactersAreWrittenOut() {
    #expect(printable("a\u{1B}[2Jb\n\u{202E}c\u{7F}\t") == "a\\u{1B}[2Jb\n\\u{202E}c\\u{7F}\\u{9}")
    #expect(printableLine("a\nb") == "a\\u{A}b")
    #expect(printable("a\r\nb") == "a\\u{D}\nb")
    #expect(printable("größe 重み 🖼️") == "größe 重み 🖼️")
  }
}

@Suite struct TextTableTests {
  @Test func columnsAlignAndNumbersStandRight() {
    var table = TextTable([.text("file"), .number("size"), .text("verdict")])
    table.append(["a.mmdit", "7.8 GB", "good"])
    table.append(["longer-name.mmdit", "12.0 kB", ""])
    #expect(
      table.text == """
        file                  size  verdict
        -----------------  -------  -------
        a.mmdit             7.8 GB  good
        longer-name.mmdit  12.0 kB

        """)
  }

  @Test func withoutRowsTheHeadingsRemain() {
    #expect(TextTable([.text("a"), .number("bc")]).text == "a  bc\n-  --\n")
  }

  @Test func aNameFromAFileCannotBreakTheTable() {
    var table = TextTable([.text("name")])
    table.append(["x\n\u{1B}[31m"])
    #expect(table.text == "name\n----------------\nx\\u{A}\\u{1B}[31m\n")
  }

  @Test func aRowOfAnotherWidthIsRefused() async {
    await #expect(processExitsWith: .failure) {
      var table = TextTable([.text("a"), .text("b")])
      table.append(["only one"])
    }
  }
}
