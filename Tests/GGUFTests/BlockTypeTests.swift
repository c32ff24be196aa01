import GGUF
import Testing

@Test(arguments: BlockType.allCases)
func aTypeIsKnownByItsNumber(type: BlockType) {
  #expect(BlockType(rawValue: type.rawValue) == type)
}
