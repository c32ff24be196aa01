public import Quantization

/// What to do with one tensor.
public enum Treatment: Hashable, Sendable {
  /// Store the values as they are.
  case keep
  /// Store codes and scales.
  case quantize(Scheme)
}

/// One line of a recipe.
public struct Rule: Hashable, Sendable {
  /// The names it speaks of.
  public var match: NamePattern
  public var treatment: Treatment
  /// Why, for the person who reads the recipe or the report.
  public var reason: String

  public init(match: NamePattern, treatment: Treatment, reason: String) {
    self.match = match
    self.treatment = treatment
    self.reason = reason
  }
}

/// Which tensors are stored how, and how much the result may lose.
///
/// Rules are read in order and the last one that matches a name decides. A name without a rule is
/// kept. Quantization applies to matrices; a rule that would quantize a vector is an error.
public struct Recipe: Hashable, Sendable {
  public var name: String
  public var summary: String
  public var rules: [Rule]
  public var thresholds: Thresholds

  public init(name: String, summary: String, rules: [Rule], thresholds: Thresholds) {
    self.name = name
    self.summary = summary
    self.rules = rules
    self.thresholds = thresholds
  }

  /// The index of the rule that decides for a name, nil when none matches.
  public func decidingRule(for name: String) -> Int? {
    rules.lastIndex { $0.match.matches(name) }
  }
}
