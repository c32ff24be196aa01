import Storage
import Testing

@Suite struct AbsolutePathTests {
  @Test(arguments: [
    ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"),
    ("/../..", "/"), ("/", "/"),
  ])
  func dotsAreLeftOut(path: String, expected: String) {
    #expect(FileSystem.absolutePath(path) == expected)
  }

  @Test func aRelativePathBeginsInTheWorkingFolder() {
    let folder = FileSystem.absolutePath("")
    #expect(folder.hasPrefix("/"))
    #expect(FileSystem.absolutePath("a/../b.png") == FileSystem.path(folder, "b.png"))
    #expect(FileSystem.absolutePath("..") == FileSystem.absolutePath(folder + "/.."))
  }
}
