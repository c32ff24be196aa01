internal import Safetensors
internal import Tensors

extension StoredCodes {
  /// Types of eight bits whose codes are values, up to a scale.
  private static let floats: Set<ElementType> = [
    .float8E4M3, .float8E5M2, .float8E4M3Fnuz, .float8E5M2Fnuz,
  ]
  /// Types that are no values without a scale.
  private static let integers: Set<ElementType> = [.int8, .uint8]

  /// How a weight is coded, nil when it is plain; throws when what lies beside it does not fit it.
  func codes(
    of weight: String, beside belongings: [Companion], marked headerMarker: QuantizationMarker?
  ) throws -> CodedTensor? {
    let stored = type(of: weight)
    let marker = try readMarker(of: weight, beside: belongings, header: headerMarker)
    if let marker, marker.format == nil {
      throw CheckpointFailure.unsupportedFormat(
        file: path(of: weight), tensor: weight, format: "ComfyUI \(marker.formatName) codes",
        reason: "no codes of that name are",
        tensorCount: 1)
    }
    if marker == nil, belongings.isEmpty, isForeignBytes(weight) { return nil }
    let scales = belongings.filter { $0.role == .weightScale }
    guard Self.floats.contains(stored) || Self.integers.contains(stored) else {
      // An input scale beside a plain weight says nothing about the weight.
      guard let other = scales.first ?? belongings.first(where: { $0.role == .marker }) else {
        guard headerMarker == nil else {
          throw bad(weight, of: weight, "codes of 8 bits, as its marker says", stored.rawValue)
        }
        return nil
      }
      throw bad(other.name, of: weight, "a weight of 8-bit codes", stored.rawValue)
    }
    // FP8 codes may be stored as bytes, which only the marker tells from integers.
    let codeType = marker?.format?.codeType ?? stored
    guard codeType == stored || (stored == .uint8 && Self.floats.contains(codeType)) else {
      throw bad(
        weight, of: weight, "\(codeType.rawValue) codes, as its marker says", stored.rawValue)
    }
    if scales.count > 1 {
      throw bad(scales[1].name, of: weight, "one scale", "\"\(scales[0].name)\" too")
    }
    let isLargest = scales.first.map { $0.name.hasSuffix(".SCB") } ?? false
    if isLargest { try checkRowOrder(of: weight, beside: belongings) }
    guard let scale = scales.first else {
      guard Self.floats.contains(codeType), marker == nil else {
        let layer = weight.hasSuffix(".weight") ? String(weight.dropLast(7)) : weight
        throw CheckpointFailure.withoutScale(
          file: path(of: weight), tensor: weight, type: codeType.rawValue,
          expected: ["\(layer).weight_scale"])
      }
      return CodedTensor(
        name: weight, shape: shape(of: weight), codeType: codeType, scaleLayout: .none,
        scaleName: nil, companions: belongings.map(\.name))
    }
    guard codeType != .uint8, !isLargest || codeType == .int8 else {
      throw bad(
        weight, of: weight, isLargest ? "I8 codes, as LLM.int8 has" : "I8 or FP8 codes",
        codeType.rawValue)
    }
    return CodedTensor(
      name: weight, shape: shape(of: weight), codeType: codeType,
      scaleLayout: try scaleLayout(scale.name, of: weight, rowsOnly: isLargest),
      scaleName: scale.name, scaleDivisor: isLargest ? 127 : 1,
      rotationSize: try rotationSize(marker, of: weight), companions: belongings.map(\.name))
  }

  /// Whether a tensor is a run of bytes under a name that no layer has: a tokenizer, which some
  /// programs keep with the weights. Whether it may be there is for the families to say.
  private func isForeignBytes(_ name: String) -> Bool {
    type(of: name) == .uint8 && shape(of: name).extents.count == 1
      && ![".weight", ".bias", ".scale"].contains(where: name.hasSuffix)
  }

  /// One scale for the tensor, or one for each row: `[N]`, or `[N, 1]`.
  private func scaleLayout(
    _ name: String, of weight: String, rowsOnly: Bool
  ) throws(CheckpointFailure) -> CodedTensor.ScaleLayout {
    let types = rowsOnly ? [.float32] : scaleTypes
    guard types.contains(type(of: name)) else {
      throw bad(
        name, of: weight, types.map(\.rawValue).sorted().joined(separator: " or "),
        type(of: name).rawValue)
    }
    let found = shape(of: name)
    let rows = shape(of: weight).rows
    let isColumn = found.count == rows && found.extents.first == rows
    if rowsOnly, isColumn { return .row }
    if !rowsOnly, found.count == 1 { return .tensor }
    guard isColumn, !rowsOnly, shape(of: weight).extents.count >= 2 else {
      let one = rowsOnly ? "" : "[] or "
      throw bad(name, of: weight, "a scale of shape \(one)[\(rows)]", found.description)
    }
    return .row
  }

  private func rotationSize(
    _ marker: QuantizationMarker?, of weight: String
  ) throws(CheckpointFailure) -> Int? {
    guard let marker, let size = marker.rotationSize else { return nil }
    let shape = shape(of: weight)
    guard marker.format == .int8, shape.extents.count == 2, shape.columns.isMultiple(of: size)
    else {
      throw bad(
        weight, of: weight,
        "int8 rows of a multiple of \(size) columns, as its marker says they are rotated",
        shape.description)
    }
    return size
  }
}
