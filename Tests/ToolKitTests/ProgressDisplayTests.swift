import Parallel
import Synchronization
import Testing
import ToolKit

@Suite struct ProgressDisplayTests {
  let recording = Recording()

  @Test func linesAppearAtTheBeginningEveryFiveSecondsAndAtTheEnd() {
    let display = recording.display(.lines)
    display.begin("copy", total: 1000, unit: .bytes)
    for _ in 0..<10 {
      recording.advance(.seconds(1))
      display.advance(by: 100)
    }
    display.finish()
    #expect(
      recording.error == """
        copy: 1.0 kB
        copy: 50%, 500 B of 1.0 kB, 100 B/s, 5 s left
        copy: 100%, 1.0 kB of 1.0 kB, 100 B/s
        copy: 1.0 kB in 10.0 s, 100 B/s

        """)
  }

  @Test func theNextStageEndsTheOneBefore() {
    let display = recording.display(.lines)
    display.begin("read", total: 2, unit: .steps)
    recording.advance(.seconds(1))
    display.advance(by: 2)
    display.begin("write", total: 0, unit: .steps)
    display.finish()
    display.finish()
    #expect(
      recording.error == "read: 2 steps\nread: 2 steps in 1.0 s, 2.0 steps/s\nwrite\n"
        + "write: 0 steps in 0 ms\n")
  }

  @Test func theBarIsRedrawnAtMostTenTimesASecond() {
    let display = recording.display(.bar(width: { 18 }))
    display.begin("copy", total: 1000, unit: .bytes)
    #expect(recording.takeError() == "\rcopy    0%")
    for _ in 0..<99 {
      recording.advance(.milliseconds(1))
      display.advance(by: 1)
    }
    #expect(recording.takeError() == "")
    recording.advance(.milliseconds(1))
    display.advance(by: 1)
    #expect(recording.takeError() == "\rcopy   10%")
  }

  @Test func theBarGivesWayToTheLineOfTheEnd() {
    let display = recording.display(.bar(width: { 80 }))
    display.begin("copy", total: 4, unit: .steps)
    let bar = recording.takeError()
    recording.advance(.seconds(2))
    display.finish()
    #expect(
      recording.takeError() == "\r" + String(repeating: " ", count: bar.count - 1)
        + "\rcopy: 0 of 4 steps in 2.0 s\n")
  }

  @Test func aLineIsPrintedAboveTheBar() {
    let display = recording.display(.bar(width: { 18 }))
    display.begin("copy", total: 4, unit: .steps)
    #expect(recording.takeError() == "\rcopy    0%")
    display.writeLine("warning: x")
    #expect(recording.takeError() == "\r          \rwarning: x\n\rcopy    0%")
  }

  @Test func aShorterBarCoversTheLongerOne() {
    let display = recording.display(.bar(width: { 22 }))
    display.begin("copy", total: 10, unit: .steps)
    recording.advance(.seconds(1))
    display.advance(by: 5)
    recording.advance(.seconds(1))
    display.advance(by: 5)
    #expect(
      recording.error == "\rcopy    0%" + "\rcopy   50%  1 s left" + "\rcopy  100%          ")
  }

  @Test func aTerminalMadeNarrowerIsNotWrapped() {
    let width = Mutex(22)
    let display = recording.display(.bar(width: { width.withLock { $0 } }))
    display.begin("copy", total: 10, unit: .steps)
    recording.advance(.seconds(1))
    display.advance(by: 5)
    _ = recording.takeError()
    width.withLock { $0 = 13 }
    recording.advance(.seconds(1))
    display.advance(by: 5)
    #expect(recording.takeError() == "\rcopy  100%  ")
  }

  @Test func clearedBarsComeBackWithTheNextStep() {
    let display = recording.display(.bar(width: { 18 }))
    display.begin("copy", total: 4, unit: .steps)
    _ = recording.takeError()
    display.clear()
    #expect(recording.takeError() == "\r          \r")
    display.clear()
    #expect(recording.takeError() == "")
    recording.advance(.seconds(1))
    display.advance(by: 1)
    #expect(recording.takeError() == "\rcopy   25%")
  }

  @Test func quietShowsNoProgressButLinesOfOthers() {
    let display = recording.display(.none)
    display.begin("copy", total: 4, unit: .steps)
    display.advance(by: 4)
    display.writeLine("error: x")
    display.finish()
    #expect(recording.error == "error: x\n")
  }

  @Test func abandonedWorkClaimsNoResult() {
    let display = recording.display(.lines)
    display.begin("copy", total: 4, unit: .steps)
    display.abandon()
    display.finish()
    #expect(recording.error == "copy: 4 steps\n")
  }

  @Test func stepsOfManyThreadsAreAllCounted() throws {
    let display = recording.display(.lines)
    let monitor = display.monitor(isCancelled: { false })
    monitor.begin("count", total: 10_000, unit: .steps)
    try forEachChunk(of: 10_000, chunk: 1, threads: 8) { monitor.advance(by: $0.count) }
    recording.advance(.seconds(2))
    display.finish()
    #expect(
      recording.error
        == "count: 10,000 steps\ncount: 10,000 steps in 2.0 s, 5,000.0 steps/s\n")
  }

  @Test func theMonitorPassesCancellationOn() {
    let display = recording.display(.none)
    #expect(throws: Cancelled.self) {
      try display.monitor(isCancelled: { true }).checkCancellation()
    }
  }
}
