internal import Bundles
internal import Families
internal import Recipes
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors
internal import ToolKit

extension Inspection {
  /// The inspection for a terminal; with `tensors`, every tensor has a line.
  public func text(tensors: Bool) -> String {
    switch content {
    case .pipeline(let className, let isDistilled, let components):
      var lines = ["\(path): pipeline \(className)"]
      if let isDistilled {
        lines[0] += isDistilled ? ", distilled" : ", not distilled: it wants a second, guiding pass"
      }
      for component in components {
        lines.append("")
        lines.append("\(component.name): \(component.library) \(component.className)")
        if let weights = component.weights { lines += indented(weights.lines(tensors: tensors)) }
      }
      return lines.joined(separator: "\n")
    case .weights(let weights):
      return (["\(path):"] + indented(weights.lines(tensors: tensors))).joined(separator: "\n")
    case .bundle(let bundle):
      return (["\(path): bundle"] + indented(bundle.lines(tensors: tensors)))
        .joined(separator: "\n")
    }
  }
}

private func indented(_ lines: [String]) -> [String] {
  lines.map { $0.isEmpty ? "" : "  " + $0 }
}

extension WeightsInspection {
  fileprivate func lines(tensors: Bool) -> [String] {
    var lines: [String] = []
    for component in components {
      let identity = component.identity
      let variant = component.variant.map { ", \($0.title)" } ?? ""
      lines.append("\(identity.family.title)\(variant), \(identity.layout.rawValue) layout")
      lines.append("decided by \(identity.evidence.joined(separator: ", "))")
      if let configuration = component.configuration { lines += configuration.lines }
    }
    if components.isEmpty { lines.append("unknown family") }
    lines.append(
      "\(countText(weights.weightCount, "parameter")), \(byteCountText(weights.storedByteCount)) in "
        + countText(files.count, "file"))
    if !quantization.isEmpty {
      let counts = quantization.map { "\(countText($0.tensorCount, "tensor")) \($0.format)" }
      lines.append("quantized already: \(counts.joined(separator: ", "))")
    }
    if let problem { lines.append("not convertible: \(problem.replacing("\n", with: " "))") }
    lines += metadata.map(metadataLine)
    return lines + weightLines(weights, statistics, tensors: tensors)
  }
}

/// An entry of the metadata on one line, cut: trainers and interfaces store whole graphs there.
private func metadataLine(_ entry: SafetensorsHeader.MetadataEntry) -> String {
  let limit = 160
  let shown = printableLine(String(entry.value.prefix(limit)))
  let more = entry.value.count - limit
  return "metadata \(printableLine(entry.key)): \(shown)"
    + (more > 0 ? "… and \(countText(more)) more characters, all in the JSON" : "")
}

extension BundleInspection {
  fileprivate func lines(tensors: Bool) -> [String] {
    let provenance = header.provenance
    let configuration = header.configuration
    let variant = configuration.variant.map { ", \($0.title)" } ?? ""
    var lines = ["\(configuration.family.title)\(variant), \(header.layout.rawValue) layout"]
    lines += configuration.lines
    lines += [
      "recipe \(header.recipe.name), \(decimalText(header.bitsPerWeight, decimals: 3)) bits/weight, "
        + "\(byteCountText(fileByteCount)), "
        + (header.isCompressed ? "compressed for download" : "resident: maps without a copy"),
      "written by \(provenance.producer), licence of the source: \(provenance.license ?? "not named")",
    ]
    for source in provenance.sources {
      lines.append(
        "from \(source.name), \(byteCountText(source.byteCount)), "
          + (source.sha256.map { "SHA-256 \($0)" } ?? "no digest"))
    }
    lines += weightLines(weights, statistics, tensors: tensors)
    guard tensors else { return lines }
    var table = TextTable([.text("tensor"), .text("segment"), .number("bytes"), .text("CRC-32")])
    for tensor in header.tensors {
      for segment in tensor.segments {
        table.append([
          tensor.name, segment.kind.rawValue, countText(segment.storedByteCount),
          segment.checksum.description,
        ])
      }
    }
    return lines + [""] + table.lines
  }
}

extension Configuration {
  /// The sizes under their names, `head count: 24, …`, in lines of at most 96 characters.
  fileprivate var lines: [String] {
    guard case .object(let members) = document else { return [] }
    let texts = members.compactMap { member -> String? in
      let name = member.key.replacing("_", with: " ")
      switch member.value {
      case .bool(let isThere): return isThere ? name : nil
      case .number(let number): return "\(name): \(number.literal)"
      default: return nil
      }
    }
    return texts.reduce(into: [String]()) { lines, text in
      if let last = lines.last, last.count + text.count + 2 <= 96 {
        lines[lines.count - 1] = "\(last), \(text)"
      } else {
        lines.append(text)
      }
    }
  }
}

extension TextTable {
  fileprivate var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// The census, and the tensors and their statistics where they are wanted.
private func weightLines(
  _ weights: [WeightDescription], _ statistics: [WeightStatistics], tensors: Bool
) -> [String] {
  var census = TextTable([
    .text("stored as"), .number("tensors"), .number("parameters"), .number("bytes"),
  ])
  for count in EncodingCount.census(of: weights) {
    census.append([
      count.encoding, countText(count.tensorCount), countText(count.weightCount),
      byteCountText(count.byteCount),
    ])
  }
  var lines = [""] + census.lines
  if tensors {
    var table = TextTable([
      .text("tensor"), .text("stored as"), .text("shape"), .number("bytes"),
    ])
    for weight in weights {
      table.append([
        weight.name, weight.encoding, weight.shape.description, countText(weight.storedByteCount),
      ])
    }
    lines += [""] + table.lines
  }
  if !statistics.isEmpty {
    var table = TextTable([
      .text("tensor"), .number("absmax"), .number("rms"), .number("kurtosis"),
      .text("rows that stand out (absmax in units of the tensor's rms)"),
    ])
    for weight in statistics {
      let values = weight.statistics
      table.append([
        weight.name, errorText(values.absoluteMaximum), errorText(values.rootMeanSquare),
        decimalText(values.kurtosis, decimals: 2),
        values.worstRows.prefix(3).map {
          "\($0.row): \(decimalText(values.outlierRatio(of: $0), decimals: 1))"
        }.joined(separator: ", "),
      ])
    }
    lines += [""] + table.lines
  }
  return lines
}
