internal import Operations
internal import Synchronization

/// The memory of a pass through the network, for the next one with as many tokens: the system clears
/// fresh memory first, which takes some percent of a pass.
///
/// What it keeps, as much as `Transformer.velocities` needs, is given back when nobody has it any more;
/// passes at the same time share nothing.
public final class PassMemory: Sendable {
  /// What is kept of a pass.
  struct Content: Sendable {
    let tokenCount: Int
    var workspace: Workspace
    var buffers: StreamedLinear.Buffers
  }

  private let content = Mutex<Content?>(nil)

  /// Nothing is kept yet.
  public init() {}

  /// What the last pass left, once, if it had as many tokens.
  func take(tokenCount: Int) -> Content? {
    content.withLock { content in
      let found = content.take()
      return found?.tokenCount == tokenCount ? found : nil
    }
  }

  func keep(_ new: consuming Content) { content.withLock { [new] in $0 = new } }
}
