/// Whose names a checkpoint uses.
public enum Layout: String, Hashable, Sendable, CaseIterable {
  /// The names of diffusers or transformers.
  case diffusers
  /// The names of the first publication.
  case original
  /// The names that ComfyUI saves.
  case comfyUI = "ComfyUI"
  /// Other names under which transformers has the same network, such as those of a model without
  /// its head. They are read, not written.
  case alternate

  /// The layouts that are written. Their raw values are their names in every document.
  public static let written: [Layout] = [.diffusers, .original, .comfyUI]
}

extension Family {
  /// The name of a weight as files of a layout have it.
  public func name(of weight: ComponentWeight, in layout: Layout) -> String {
    let prefix = layout == .comfyUI ? comfyPrefix : ""
    return prefix + spelled(weight.name, weight.originalName, in: layout)
  }

  /// Whether rows have the order and tensors the shapes of the original layout.
  public func usesOriginalTensors(_ layout: Layout) -> Bool {
    hasOriginalNames && (layout == .original || layout == .comfyUI)
  }

  /// The layouts whose names differ, apart from a prefix, from those of the layouts before them.
  var distinctLayouts: [Layout] {
    var layouts = [Layout.diffusers]
    if hasOriginalNames || spellings[.original] != nil { layouts.append(.original) }
    return layouts + [.comfyUI, .alternate].filter { spellings[$0] != nil }
  }

  /// A name in a layout, without a prefix.
  func spelled(_ name: String, _ originalName: String, in layout: Layout) -> String {
    let base = usesOriginalTensors(layout) ? originalName : name
    guard let (leading, spelled) = spellings[layout]?.first(where: { base.hasPrefix($0.leading) })
    else { return base }
    return spelled + base.dropFirst(leading.count)
  }

  /// The spellings of a name that files use.
  static func spellings(of name: String) -> [String] {
    // Newer files of the original layout call the scale of a query or key norm `weight`.
    name.hasSuffix("_norm.scale") ? [name, name.dropLast("scale".count) + "weight"] : [name]
  }
}
