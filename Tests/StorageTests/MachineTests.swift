import Storage
import Testing

@Suite struct MachineTests {
  @Test func theSystemHasANameAndARelease() {
    #expect(Machine.system.hasPrefix("Linux "))
    #expect(Machine.system.count > "Linux ".count)
    #expect(!Machine.system.contains("\0"))
  }

  @Test func theProcessorHasANameOnOneLine() {
    #expect(!Machine.processor.isEmpty)
    #expect(!Machine.processor.contains { $0.isNewline || $0 == "\0" })
  }
}
