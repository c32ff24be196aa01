import Reports
import TestSupport
import Testing

@Suite struct WriteDocumentTests {
  @Test func aDocumentReplacesTheFileOfItsName() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("report.json", "a longer text than the new one")
      try writeDocument("é\n", to: path)
      #expect(try folder.read("report.json") == Array("é\n".utf8))
    }
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    #expect(throws: (any Error).self) { try writeDocument("{}", to: "/nonexistent/report.json") }
  }
}
