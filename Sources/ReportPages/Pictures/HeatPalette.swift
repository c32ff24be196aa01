internal import Glibc

/// The colours of FLIP maps: from black over violet and orange to a pale yellow, with even steps of
/// lightness, so that equal steps of the error look equal, also without colour vision and in print.
///
/// Lightness, chroma and hue are those of Oklab (Ottosson, 2020), whose two matrices are below.
package enum HeatPalette {
  /// So many colours, the lowest first.
  package static func colors(_ count: Int) -> [(red: UInt8, green: UInt8, blue: UInt8)] {
    precondition(count > 1, "a palette has two ends")
    return (0..<count).map { color(Double($0) / Double(count - 1)) }
  }

  /// The colours as a style sheet writes a gradient.
  static func gradient(_ count: Int) -> String {
    colors(count).map { "rgb(\($0.red) \($0.green) \($0.blue))" }.joined(separator: ",")
  }

  private static func color(_ place: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let lightness = 0.04 + 0.92 * place
    // Most colourful in the middle, none at black; hues run from 290° through red to 105°.
    let chroma = 0.19 * sin(.pi * min(1, place * 0.94 + 0.03))
    let hue = (290 + 175 * place) * .pi / 180
    let (a, b) = (chroma * cos(hue), chroma * sin(hue))
    let cone = [
      lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
      lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
      lightness - 0.089_484_177_5 * a - 1.291_485_548 * b,
    ].map { $0 * $0 * $0 }
    let channels = [
      4.076_741_662_1 * cone[0] - 3.307_711_591_3 * cone[1] + 0.230_969_929_2 * cone[2],
      -1.268_438_004_6 * cone[0] + 2.609_757_401_1 * cone[1] - 0.341_319_396_5 * cone[2],
      -0.004_196_086_3 * cone[0] - 0.703_418_614_7 * cone[1] + 1.707_614_701 * cone[2],
    ].map { linear in
      let clamped = min(1, max(0, linear))
      // The transfer function of sRGB (IEC 61966-2-1).
      let encoded =
        clamped <= 0.003_130_8 ? 12.92 * clamped : 1.055 * pow(clamped, 1 / 2.4) - 0.055
      return UInt8((encoded * 255).rounded())
    }
    return (channels[0], channels[1], channels[2])
  }
}
