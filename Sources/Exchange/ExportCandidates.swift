internal import Bundles
internal import Families
internal import Quantization
internal import Recipes
internal import Tensors

/// What a family's advice and the input say of each tensor, for a target to decide.
struct ExportCandidates {
  private let family: Family
  private let input: ExportInput
  private let advice: [String: AssignedTensor]

  init(_ input: ExportInput) throws {
    self.input = input
    family = input.configuration.family
    let recipe = BuiltInRecipe.int8.recipe(for: input.weights)
    let assignment = try Assignment(recipe, to: input.weights)
    advice = Dictionary(uniqueKeysWithValues: assignment.tensors.map { ($0.weight.name, $0) })
  }

  /// What is known of a tensor of the layout.
  func candidate(_ tensor: LayoutTensor) -> ExportCandidate {
    let parts = tensor.runs.reduce(into: [String]()) { parts, run in
      if parts.last != run.source { parts.append(run.source) }
    }
    let assigned = parts.compactMap { advice[$0] }
    let encodings = parts.compactMap { input.weights.weight(named: $0)?.encoding }
    let schemes = encodings.map { Scheme($0) }
    let isCoded = schemes.contains { $0 != nil }
    let isMixed = isCoded && Set(encodings).count > 1
    let isAdvised =
      input.bundle == nil
      ? !assigned.isEmpty && assigned.allSatisfy { $0.treatment != .keep } : isCoded
    return ExportCandidate(
      name: tensor.name, parts: parts, shape: tensor.shape,
      isAdvised: isAdvised && tensor.shape.extents.count == 2,
      reason: assigned.first?.reason ?? "",
      criticalReason: family.quantization.critical.first { advice in
        parts.contains { NamePattern(advice.match).matches($0) }
      }?.reason,
      plainType: Self.plainType(encodings.map { ElementType(rawValue: $0) }),
      scheme: isMixed ? nil : schemes.first ?? nil,
      mixedEncodings: isMixed ? Array(Set(encodings)).sorted() : [])
  }

  /// The type that holds all parts: their own when they have one, else the widest of those written.
  private static func plainType(_ types: [ElementType?]) -> ElementType {
    let kept = types.map { type -> ElementType in
      switch type {
      case .float32, .float64: .float32
      case .float16: .float16
      case let type? where !type.isFloatingPoint: type
      default: .bfloat16
      }
    }
    guard let first = kept.first, kept.allSatisfy({ $0 == first }) else { return .float32 }
    return first
  }
}
