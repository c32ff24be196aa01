/// How the values of a matrix `[rows, columns]` become integer codes with scales.
///
/// A code q of a group with scale s and zero point z stands for s · (q − z). `SchemeLayout.swift`
/// says where the bytes of each lie.
///
/// The description is `int4 group 64 symmetric bf16 mse` or `int8 row asymmetric f32 absmax`: code
/// width, group, symmetry, scale type, clipping. It reads back as the same scheme.
public struct Scheme: Hashable, Sendable {
  /// The width of a code.
  public enum CodeWidth: String, CaseIterable, Sendable {
    case int8
    case int4

    /// Bits of a code.
    public var bits: Int { self == .int8 ? 8 : 4 }
  }

  /// Whether groups have zero points.
  public enum Symmetry: String, CaseIterable, Sendable {
    /// z = 0. The levels q are −127…127 (int8) or −8…7 with a scale of either sign (int4): the
    /// value of largest magnitude is level −8, so that all 16 levels serve.
    case symmetric
    /// The levels q are 0…255 or 0…15, and z is one of them: zero is always exact.
    case asymmetric
  }

  /// The values that share a scale.
  public enum Group: String, CaseIterable, Sendable {
    /// A whole row.
    case row
    /// 16 consecutive columns of a row; at the end of a row, what remains.
    case columns16 = "group 16"
    case columns32 = "group 32"
    case columns64 = "group 64"
    case columns128 = "group 128"

    /// The columns of a full group; nil for a whole row.
    public var columns: Int? {
      switch self {
      case .row: nil
      case .columns16: 16
      case .columns32: 32
      case .columns64: 64
      case .columns128: 128
      }
    }
  }

  /// What a scale is stored as.
  public enum ScaleType: String, CaseIterable, Sendable {
    case float32 = "f32"
    case float16 = "f16"
    case bfloat16 = "bf16"

    /// Bytes of a scale.
    public var byteCount: Int { self == .float32 ? 4 : 2 }
  }

  /// How a scale is chosen.
  public enum Clipping: String, CaseIterable, Sendable {
    /// The largest magnitude (asymmetric: the range) just fits the codes.
    case absoluteMaximum = "absmax"
    /// The scale with the least squared error that a search finds; never worse than
    /// `absoluteMaximum`.
    case meanSquaredError = "mse"
  }

  public var codeWidth: CodeWidth
  public var group: Group
  public var symmetry: Symmetry
  public var scaleType: ScaleType
  public var clipping: Clipping

  public init(
    _ codeWidth: CodeWidth, group: Group, symmetry: Symmetry = .symmetric, scaleType: ScaleType,
    clipping: Clipping = .absoluteMaximum
  ) {
    self.codeWidth = codeWidth
    self.group = group
    self.symmetry = symmetry
    self.scaleType = scaleType
    self.clipping = clipping
  }

  /// Every scheme there is.
  public static let all: [Scheme] = CodeWidth.allCases.flatMap { codeWidth in
    Group.allCases.flatMap { group in
      Symmetry.allCases.flatMap { symmetry in
        ScaleType.allCases.flatMap { scaleType in
          Clipping.allCases.map { clipping in
            Scheme(
              codeWidth, group: group, symmetry: symmetry, scaleType: scaleType,
              clipping: clipping)
          }
        }
      }
    }
  }
}

extension Scheme: LosslessStringConvertible {
  public var description: String {
    "\(codeWidth.rawValue) \(group.rawValue) \(symmetry.rawValue) \(scaleType.rawValue) "
      + clipping.rawValue
  }

  /// The scheme with exactly this description; nil when there is none.
  public init?(_ description: String) {
    guard let scheme = Self.all.first(where: { $0.description == description }) else { return nil }
    self = scheme
  }
}
