public import ArgumentParser
public import Families

/// The layouts that are written, as the option `--layout` names them.
public enum LayoutName: String, CaseIterable, ExpressibleByArgument, Sendable {
  case diffusers, bfl, comfyui

  public var layout: Layout {
    switch self {
    case .diffusers: .diffusers
    case .bfl: .original
    case .comfyui: .comfyUI
    }
  }
}
