public import ArgumentParser
public import Operations

/// The arithmetics of a network's products, as the option `--arithmetic` names them.
public enum ArithmeticName: String, CaseIterable, ExpressibleByArgument, Sendable {
  case float32, bfloat16, int8

  public var arithmetic: Arithmetic {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}
