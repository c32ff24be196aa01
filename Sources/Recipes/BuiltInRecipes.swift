public import Families
internal import Quantization
internal import Tensors

/// A recipe that is known by name and made for each family from its advice.
public enum BuiltInRecipe: String, CaseIterable, Sendable {
  case int8, int4
  case int4Group64 = "int4-g64"
  case mixed, keep

  public var summary: String {
    switch self {
    case .int8: "Eight bits a weight in the blocks, one scale a row."
    case .int4:
      "Four bits a weight in the blocks, one scale a row: the smallest file, a visible loss."
    case .int4Group64:
      "Four bits a weight in the blocks, one scale for 64 weights: the usual choice at 4 bits."
    case .mixed: "Like int4-g64, with eight bits for the outputs of attention."
    case .keep: "Every weight as it is."
    }
  }

  /// The recipe for a component. A rule for weights that this component does not have is left out.
  public func recipe(for weights: CanonicalWeights) -> Recipe {
    let names = weights.weights.map(\.name)
    var recipe = recipe(for: weights.configuration.family)
    recipe.rules.removeAll { rule in !names.contains(where: rule.match.matches) }
    return recipe
  }

  /// The recipe for a family, with the rules for all its weights.
  public func recipe(for family: Family) -> Recipe {
    let advice = family.quantization
    func linears(_ scheme: Scheme) -> [Rule] {
      advice.linears.map {
        Rule(
          match: NamePattern($0), treatment: .quantize(scheme),
          reason: "the linear layers of the blocks are nearly all of the weights")
      }
    }
    func bytes(_ patterns: [(match: String, reason: String)]) -> [Rule] {
      patterns.map {
        Rule(
          match: NamePattern($0.match), treatment: .quantize(.bytePerWeight), reason: $0.reason)
      }
    }
    let always = bytes(advice.eightBits)
    let kept = advice.kept.map {
      Rule(match: NamePattern($0.match), treatment: .keep, reason: $0.reason)
    }
    let rules =
      switch self {
      case .int8: linears(.bytePerWeight) + always + kept
      case .int4: linears(.nibbleByRow) + always + kept
      case .int4Group64: linears(.nibbleByGroup) + always + kept
      case .mixed: linears(.nibbleByGroup) + always + bytes(advice.critical) + kept
      case .keep: [Rule]()
      }
    return Recipe(name: rawValue, summary: summary, rules: rules, thresholds: thresholds)
  }

  private var thresholds: Thresholds {
    switch self {
    case .int8:
      Thresholds(
        velocityRelativeError: 0.02, weightRelativeError: 0.02, segmentRelativeError: 0.1)
    case .int4:
      Thresholds(
        velocityRelativeError: 0.2, weightRelativeError: 0.2, segmentRelativeError: 0.7)
    case .int4Group64:
      Thresholds(
        velocityRelativeError: 0.15, weightRelativeError: 0.15, segmentRelativeError: 0.4)
    case .mixed:
      Thresholds(
        velocityRelativeError: 0.1, weightRelativeError: 0.15, segmentRelativeError: 0.4)
    case .keep:
      Thresholds(
        velocityRelativeError: 1e-5, weightRelativeError: 0, segmentRelativeError: 0)
    }
  }
}

extension Scheme {
  fileprivate static let bytePerWeight = Scheme(.int8, group: .row, scaleType: .bfloat16)
  fileprivate static let nibbleByRow = Scheme(
    .int4, group: .row, scaleType: .bfloat16, clipping: .meanSquaredError)
  fileprivate static let nibbleByGroup = Scheme(
    .int4, group: .columns64, scaleType: .bfloat16, clipping: .meanSquaredError)
}

extension NamePattern: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}
