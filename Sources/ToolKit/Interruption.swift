internal import Dispatch
internal import Glibc
internal import Synchronization

/// Turns SIGINT and SIGTERM into a request to stop.
///
/// The first signal asks: the work sees it at its next `checkCancellation`, ends, and cleans up. A
/// second one does not ask. Signals that arrive within `grace` of the first are the same request:
/// `timeout` and process managers send one to the process and one more to its group.
package final class Interruption: Sendable {
  private let firstAt = Mutex<Duration?>(nil)
  private let grace: Duration
  private let now: @Sendable () -> Duration
  private let onFirst: @Sendable () -> Void
  private let onSecond: @Sendable () -> Void

  /// Nothing is listened to before `listen`.
  package init(
    grace: Duration = .milliseconds(300), now: @escaping @Sendable () -> Duration,
    onFirst: @escaping @Sendable () -> Void, onSecond: @escaping @Sendable () -> Void
  ) {
    self.grace = grace
    self.now = now
    self.onFirst = onFirst
    self.onSecond = onSecond
  }

  /// Whether the work was asked to stop.
  package var isRequested: Bool { firstAt.withLock { $0 != nil } }

  /// What a signal does; called for each that arrives.
  package func signalArrived() {
    let time = now()
    let action = firstAt.withLock { firstAt -> (@Sendable () -> Void)? in
      guard let first = firstAt else {
        firstAt = time
        return onFirst
      }
      return time - first >= grace ? onSecond : nil
    }
    action?()
  }

  /// Listens until the result is released, which gives the signals their earlier meaning back.
  ///
  /// A signal that the process was started to ignore, as under `nohup` or in the background of a
  /// script, stays ignored.
  package func listen(to signals: [Int32] = [SIGINT, SIGTERM]) -> SignalListener {
    SignalListener(signals) { self.signalArrived() }
  }
}

/// Calls a handler, on a queue of its own, for each signal while it exists.
package final class SignalListener {
  private let previous: [(signal: Int32, action: sigaction)]
  private let sources: [any DispatchSourceSignal]

  /// The signals listened to: those asked for, without the ones the process ignores.
  package var signals: [Int32] { previous.map(\.signal) }

  fileprivate init(_ signals: [Int32], _ handler: @escaping @Sendable () -> Void) {
    // A queue without a target has a thread of its own even while all others are at work.
    let queue = DispatchQueue(label: "signals")
    let registrations = DispatchGroup()
    var previous: [(signal: Int32, action: sigaction)] = []
    var sources: [any DispatchSourceSignal] = []
    for signal in signals {
      var action = sigaction()
      guard unsafe sigaction(signal, nil, &action) == 0, !isIgnored(action) else { continue }
      previous.append((signal, action))
      let source = DispatchSource.makeSignalSource(signal: signal, queue: queue)
      source.setEventHandler(handler: handler)
      // Dispatch replaces the action of the signal when it registers the source, later.
      registrations.enter()
      source.setRegistrationHandler { registrations.leave() }
      source.activate()
      sources.append(source)
    }
    registrations.wait()
    self.previous = previous
    self.sources = sources
  }

  deinit {
    for source in sources { source.cancel() }
    for (signal, action) in previous {
      var action = action
      _ = unsafe sigaction(signal, &action, nil)
    }
  }
}

/// Whether the process ignores the signal that has this action.
private func isIgnored(_ action: sigaction) -> Bool {
  // SIG_IGN is the address 1, which no function has; only the addresses are compared.
  let current = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
  let ignored = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
  return current == ignored
}
