internal import Glibc

/// Opens a file for writing, made if it is not there, that no other process has open this way.
///
/// The lock ends with the last copy of the descriptor. A process that has just been killed, and a
/// child between fork and exec, may hold one for a moment, so half a second is waited. `target` is
/// what messages name.
internal func openLocked(
  _ path: String, target: String
) throws(StorageFailure) -> Int32 {
  var attemptsLeft = 50
  while true {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else {
      throw .refused(path: target, action: "create it", code: errno, needed: 1)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      guard attemptsLeft > 0 else { throw .beingWritten(path: target) }
      attemptsLeft -= 1
      usleep(10_000)
      continue
    }
    // The holder of the lock before us may have renamed or removed the file that we opened.
    var opened = stat()
    var named = stat()
    if unsafe fstat(descriptor, &opened) == 0, unsafe lstat(path, &named) == 0,
      opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
    {
      return descriptor
    }
    close(descriptor)
  }
}
