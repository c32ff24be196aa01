public import ArgumentParser
public import Tensors

/// The types that weights are written in, as the option `--dtype` names them.
public enum PlainType: String, CaseIterable, ExpressibleByArgument, Sendable {
  case bf16, f16, f32

  public var elementType: ElementType {
    switch self {
    case .bf16: .bfloat16
    case .f16: .float16
    case .f32: .float32
    }
  }
}
