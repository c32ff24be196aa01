internal import CKernels
internal import Scalars

/// The loops of `CKernels` over the values of one group, at one level of instructions.
///
/// The only place of this module where a span becomes a pointer; every count is checked first. A
/// group is never empty.
struct GroupLoops {
  let level: mmdit_level

  init(_ level: KernelLevel) { self.level = level.rawValue }

  func maximumMagnitude(_ values: Span<Float>) -> UInt32 {
    // Pointer and count of one span, as in the functions below.
    unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_max_magnitude(level, $0.baseAddress, $0.count)
    }
  }

  func firstIndex(_ values: Span<Float>, ofMagnitude magnitude: UInt32) -> Int {
    unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_find_magnitude(level, $0.baseAddress, $0.count, magnitude)
    }
  }

  func rangeWithZero(_ values: Span<Float>) -> mmdit_range {
    unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_range_with_zero(level, $0.baseAddress, $0.count)
    }
  }

  func quantize(
    _ values: Span<Float>, _ width: Scheme.CodeWidth, _ quantizer: mmdit_quantizer,
    into codes: inout MutableSpan<UInt8>
  ) {
    let needed = width == .int8 ? values.count : (values.count + 1) / 2
    precondition(codes.count == needed)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        switch width {
        case .int8:
          unsafe mmdit_quantize_bytes(
            level, values.baseAddress, values.count, quantizer, codes.baseAddress)
        case .int4:
          unsafe mmdit_quantize_nibbles(
            level, values.baseAddress, values.count, quantizer, codes.baseAddress)
        }
      }
    }
  }

  func dequantize(
    _ codes: RawSpan, _ scheme: Scheme, _ group: GroupScale, into values: inout MutableSpan<Float>
  ) {
    precondition(codes.byteCount == scheme.codeBytesPerRow(columns: values.count))
    unsafe codes.withUnsafeBytes { raw in
      unsafe values.withUnsafeMutableBufferPointer { values in
        let codes = unsafe raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch (scheme.codeWidth, scheme.symmetry) {
        case (.int8, .symmetric):
          unsafe mmdit_dequantize_int8(
            level, codes, values.count, group.scale, values.baseAddress)
        case (.int8, .asymmetric):
          unsafe mmdit_dequantize_uint8(
            level, codes, values.count, group.scale, group.zero, values.baseAddress)
        case (.int4, let symmetry):
          unsafe mmdit_dequantize_nibbles(
            level, codes, values.count, group.scale, symmetry == .symmetric ? 8 : group.zero,
            values.baseAddress)
        }
      }
    }
  }

  /// `candidates` are scale, reciprocal, lowest and highest level.
  func errors(
    _ values: Span<Float>, normalizer: Float, _ candidates: Span<SIMD16<Float>>
  ) -> InlineArray<16, Double> {
    precondition(candidates.count == 4)
    var errors = InlineArray<16, Double>(repeating: 0)
    var errorSpan = errors.mutableSpan
    unsafe values.withUnsafeBufferPointer { values in
      unsafe candidates.withUnsafeBytes { candidates in
        unsafe errorSpan.withUnsafeMutableBufferPointer { errors in
          unsafe mmdit_scale_errors(
            level, values.baseAddress, values.count, normalizer,
            candidates.baseAddress?.assumingMemoryBound(to: Float.self), errors.baseAddress)
        }
      }
    }
    return errors
  }

  /// The best of 16 scales of a symmetric scheme, each as it will be stored.
  func best(
    _ values: Span<Float>, normalizer: Float, scales: SIMD16<Float>, _ grid: mmdit_scale_grid
  ) -> mmdit_best_scale {
    unsafe values.withUnsafeBufferPointer { values in
      // A vector of 16 floats is 16 floats in memory.
      unsafe withUnsafeBytes(of: scales) { scales in
        unsafe mmdit_best_of_scales(
          level, values.baseAddress, values.count, normalizer,
          scales.baseAddress?.assumingMemoryBound(to: Float.self), grid)
      }
    }
  }

  func moments(
    _ values: Span<Float>, normalizer: Float, _ quantizer: mmdit_quantizer
  ) -> mmdit_moments {
    unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_level_moments(level, $0.baseAddress, $0.count, normalizer, quantizer)
    }
  }
}
