import Dispatch
import Glibc
import Parallel
import Synchronization
import Testing
import ToolKit

@Suite struct InterruptionTests {
  @Test func theFirstSignalAsksAndALaterOneDoesNot() {
    let recording = Recording()
    let interruption = Interruption(
      now: recording.now, onFirst: { recording.appendError("first ") },
      onSecond: { recording.appendError("second ") })
    #expect(!interruption.isRequested)
    interruption.signalArrived()
    #expect(interruption.isRequested)
    recording.advance(.milliseconds(299))
    interruption.signalArrived()
    #expect(recording.error == "first ")
    recording.advance(.milliseconds(1))
    interruption.signalArrived()
    #expect(recording.error == "first second ")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func realSignalsArriveWhileEveryThreadIsBusy(signal: Int32) async {
    // A process of its own: the disposition of signals belongs to the whole process.
    await #expect(processExitsWith: .exitCode(130)) { [signal] in
      let interruption = Interruption(
        grace: .zero, now: { .zero }, onFirst: {},
        onSecond: { _exit(130) })
      let listener = interruption.listen()
      kill(getpid(), signal)
      let sentAgain = Atomic(false)
      // Busy until the first signal is seen; the second ends the process.
      DispatchQueue.concurrentPerform(iterations: 64) { _ in
        while true {
          if interruption.isRequested, !sentAgain.exchange(true, ordering: .relaxed) {
            kill(getpid(), signal)
          }
        }
      }
      withExtendedLifetime(listener) {}
    }
  }

  @Test func withoutTheListenerASignalEndsTheProcessAsBefore() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let interruption = Interruption(now: { .zero }, onFirst: {}, onSecond: {})
      var listener: SignalListener? = interruption.listen()
      withExtendedLifetime(listener) {}
      listener = nil
      kill(getpid(), SIGTERM)
      while true { pause() }
    }
  }

  @Test func aSignalIgnoredFromTheStartStaysIgnored() async {
    await #expect(processExitsWith: .exitCode(3)) {
      _ = signal(SIGINT, SIG_IGN)
      let listener = Interruption(now: { .zero }, onFirst: {}, onSecond: {}).listen()
      _exit(listener.signals == [SIGTERM] ? 3 : 4)
    }
  }
}
