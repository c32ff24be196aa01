/// A picture `[height, width, 3]` of a gradient, a board and a disc, changed in one of several ways:
/// the twin of `scene` in scripts/make-image-goldens.
public func paintedScene(width: Int, height: Int, kind: String) -> [UInt8] {
  var state: UInt64 = 5
  // Knuth's MMIX generator, its upper 31 bits.
  func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33)
  }
  var pixels: [UInt8] = []
  pixels.reserveCapacity(width * height * 3)
  for y in 0..<height {
    for x in 0..<width {
      let u = kind == "shifted" ? x + 1 : x
      let fromMiddle = (2 * u - width) * (2 * u - width) + (2 * y - height) * (2 * y - height)
      for c in 0..<3 {
        var value = 40 + u * 120 / width + y * (20 * c) / height
        value += (u / 8 + y / 8) % 2 * 30
        if fromMiddle < height * height / 3 { value += 60 - 50 * c }
        switch kind {
        case "noisy": value += next() % 31 - 15
        case "faint": value += next() % 3 - 1
        // Rounded downwards, as the twin does.
        case "flat": value = ((value - 128) * 3) >> 2 + 128
        case "negative": value = 255 - value
        case "random": value = next() % 256
        default: break
        }
        pixels.append(UInt8(clamping: value))
      }
    }
  }
  return pixels
}
