import Storage
import Testing

@Suite struct ProcessMemoryTests {
  @Test func thePeakGrowsByWhatIsUsed() {
    let before = ProcessMemory.peakByteCount()
    let count = before + (64 << 20)
    // More than the peak so far, every page of it touched.
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(ProcessMemory.peakByteCount() >= count)
    #expect(bytes[count - 1] == 1)
  }
}
