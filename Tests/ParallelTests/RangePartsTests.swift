import Parallel
import Testing

@Suite struct RangePartsTests {
  @Test func partsCoverARangeInItsOrder() {
    #expect((3..<3).parts(of: 2) == [])
    #expect((3..<4).parts(of: 2) == [3..<4])
    #expect((3..<8).parts(of: 2) == [3..<5, 5..<7, 7..<8])
    #expect((3..<8).parts(of: .max) == [3..<8])
  }
}
