internal import Glibc

typealias Color = (Double, Double, Double)

/// The colour spaces of FLIP: sRGB, linear RGB, XYZ, the opponent space YCxCz, L*a*b*.
struct FLIPColorSpace: Sendable {
  /// The light of each of the 256 values of sRGB (IEC 61966-2-1).
  private let light: [Double]
  /// XYZ of white.
  private let white: Color
  /// Where errors of colour bend; see `error`.
  private let largestError: Double

  init() {
    light = (0..<256).map { value in
      let x = Double(value) / 255
      return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4)
    }
    white = Self.xyz((1, 1, 1))
    let green = Self.lab(Self.xyz((0, 1, 0)), white: white)
    let blue = Self.lab(Self.xyz((0, 0, 1)), white: white)
    largestError = Self.distance(green, blue)
  }

  /// Y from 0 to 100, Cx and Cz around 0, of an sRGB pixel.
  func opponent(red: UInt8, green: UInt8, blue: UInt8) -> Color {
    let xyz = Self.xyz((light[Int(red)], light[Int(green)], light[Int(blue)]))
    let x = xyz.0 / white.0
    let y = xyz.1 / white.1
    let z = xyz.2 / white.2
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  /// L*a*b*, its a* and b* scaled by 0.01 L* (the Hunt effect), of an opponent colour whose linear RGB
  /// is first cut to 0…1.
  func perceived(_ opponent: Color) -> Color {
    let y = (opponent.0 + 16) / 116
    let x = y + opponent.1 / 500
    let z = y - opponent.2 / 200
    let rgb = Self.rgb((x * white.0, y * white.1, z * white.2))
    let cut = (min(max(rgb.0, 0), 1), min(max(rgb.1, 0), 1), min(max(rgb.2, 0), 1))
    return Self.lab(Self.xyz(cut), white: white)
  }

  /// The error of two perceived colours in 0…1.
  ///
  /// The HyAB distance |ΔL| + √(Δa² + Δb²) to the power 0.7. With M this value for pure green and
  /// pure blue, the errors from 0 to 0.4 M fill 0…0.95, those to M the rest.
  func error(_ a: Color, _ b: Color) -> Double {
    let error = Self.distance(a, b)
    let bend = 0.4 * largestError
    guard error >= bend else { return error * 0.95 / bend }
    return 0.95 + (error - bend) / (largestError - bend) * 0.05
  }

  private static func distance(_ a: Color, _ b: Color) -> Double {
    let difference = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
    let chroma = (difference.1 * difference.1 + difference.2 * difference.2).squareRoot()
    return pow(abs(difference.0) + chroma, 0.7)
  }

  /// XYZ of linear RGB under D65, as fractions of the primaries of ITU-R BT.709.
  private static func xyz(_ rgb: Color) -> Color {
    (
      (10_135_552 * rgb.0 + 8_788_810 * rgb.1 + 4_435_075 * rgb.2) / 24_577_794,
      (2_613_072 * rgb.0 + 8_788_810 * rgb.1 + 887_015 * rgb.2) / 12_288_897,
      (1_425_312 * rgb.0 + 8_788_810 * rgb.1 + 70_074_185 * rgb.2) / 73_733_382
    )
  }

  /// Linear RGB of XYZ: the inverse of `xyz`, by Cramer's rule on its numerators.
  private static func rgb(_ xyz: Color) -> Color {
    let x = xyz.0 * 24_577_794
    let y = xyz.1 * 12_288_897
    let z = xyz.2 * 73_733_382
    let (a, b, c) = (10_135_552.0, 8_788_810.0, 4_435_075.0)
    let (d, e, f) = (2_613_072.0, 8_788_810.0, 887_015.0)
    let (g, h, i) = (1_425_312.0, 8_788_810.0, 70_074_185.0)
    let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
      ((e * i - f * h) * x + (c * h - b * i) * y + (b * f - c * e) * z) / determinant,
      ((f * g - d * i) * x + (a * i - c * g) * y + (c * d - a * f) * z) / determinant,
      ((d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d) * z) / determinant
    )
  }

  /// L*a*b* (CIE 1976) with the Hunt effect.
  private static func lab(_ xyz: Color, white: Color) -> Color {
    func f(_ t: Double) -> Double {
      let edge = 6.0 / 29
      return t > edge * edge * edge ? cbrt(t) : t / (3 * edge * edge) + 4.0 / 29
    }
    let x = f(xyz.0 / white.0)
    let y = f(xyz.1 / white.1)
    let z = f(xyz.2 / white.2)
    let lightness = 116 * y - 16
    let hunt = 0.01 * lightness
    return (lightness, hunt * 500 * (x - y), hunt * 200 * (y - z))
  }
}
