/// Codes of four bits, two to a byte.
enum Nibbles {
  /// Which element of a pair lies in the low four bits.
  enum Order: Hashable, Sendable {
    case evenLow
    case evenHigh

    /// The shift of an element's code, by the parity of its index.
    func shift(_ index: Int) -> UInt8 {
      let isOdd = UInt8(truncatingIfNeeded: index & 1)
      return self == .evenLow ? 4 * isOdd : 4 * (1 - isOdd)
    }
  }

  /// Levels plus an offset, the even one in the low nibble; the last nibble of an odd count is 0.
  static func pack(_ levels: Span<Int8>, offset: Int8) -> [UInt8] {
    [UInt8](capacity: (levels.count + 1) / 2) { output in
      var index = 0
      while index + 1 < levels.count {
        let low = UInt8(bitPattern: levels[index] &+ offset) & 15
        let high = UInt8(bitPattern: levels[index + 1] &+ offset)
        output.append(low | high << 4)
        index += 2
      }
      if index < levels.count {
        output.append(UInt8(bitPattern: levels[index] &+ offset) & 15)
      }
    }
  }

  /// Codes of four bits; the last nibble of an odd count is 0.
  static func pack(_ codes: Span<UInt8>, _ order: Order) -> [UInt8] {
    [UInt8](capacity: (codes.count + 1) / 2) { output in
      for index in stride(from: 0, to: codes.count, by: 2) {
        let odd = index + 1 < codes.count ? codes[index + 1] : 0
        output.append(
          order == .evenLow ? codes[index] | odd << 4 : codes[index] << 4 | odd)
      }
    }
  }

  /// The code of an element.
  static func code(_ bytes: Span<UInt8>, at index: Int, _ order: Order) -> Int {
    Int(bytes[index >> 1] >> order.shift(index) & 15)
  }
}
