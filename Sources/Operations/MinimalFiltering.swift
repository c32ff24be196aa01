internal import CKernels
internal import Scalars

/// Minimal filtering of pictures: 2 × 2 outputs of a convolution of 3 × 3 by one product for each
/// point of a transformed patch (Winograd, 1980; Lavin and Gray, CVPR 2016).
///
/// In a plain picture a patch has 4 × 4 pixels and as many points, 4 products for an output instead of
/// 9. In one whose every pixel was doubled along both axes, the patch is that of 3 × 3 pixels before
/// it was doubled, and 9 of the points are not 0: 9/4 products for an output.
///
/// A patch's points lie in planes, each `[patches, channels]` and `plane` elements apart.
package enum MinimalFiltering {
  /// Transforms patches beside each other, `size − 2` pixels apart, of pixels whose channels are
  /// beside each other; `rows` are the offsets of the first patch's rows in `x`.
  package static func transformPatches(
    _ x: Span<Float>, rows: [Int], patches: Int, channels: Int,
    into planes: inout MutableSpan<Float>, first: Int, plane: Int
  ) {
    let size = rows.count
    let width = ((patches - 1) * (size - 2) + size) * channels
    precondition((3...4).contains(size) && patches > 0 && channels > 0, "there are patches")
    precondition(rows.allSatisfy { $0 >= 0 && $0 + width <= x.count }, "their pixels are there")
    checkPlanes(
      planes.count, size: size, first: first, plane: plane, values: patches * channels)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe planes.withUnsafeMutableBufferPointer { planes in
        guard let x = x.baseAddress, let planes = planes.baseAddress else { return }
        let rows = unsafe rows.map { unsafe Optional(x + $0) }
        // In bounds by the checks above; `planes` is exclusive.
        unsafe mmdit_transform_patches(
          KernelLevel.best.rawValue, size, rows, patches, channels, planes + first, plane)
      }
    }
  }

  /// Transforms the products of patches back: 2 × 2 pixels of each, plus `biases`, are written to or,
  /// if `adding`, added to what lies in `y`, `stride` elements from pixel to pixel.
  ///
  /// `rows` are the offsets of one or two rows of `width` pixels.
  package static func transformProducts(
    _ planes: Span<Float>, size: Int, first: Int, plane: Int, patches: Int, biases: [Float],
    adding: Bool, into y: inout MutableSpan<Float>, rows: [Int], width: Int, stride: Int
  ) {
    let channels = biases.count
    precondition((3...4).contains(size) && patches > 0 && channels > 0, "there are patches")
    precondition(
      (1...2).contains(rows.count) && (2 * patches - 1...2 * patches).contains(width)
        && channels <= stride
        && rows.allSatisfy { $0 >= 0 && $0 + (width - 1) * stride + channels <= y.count },
      "the outputs have a place")
    checkPlanes(
      planes.count, size: size, first: first, plane: plane, values: patches * channels)
    unsafe planes.withUnsafeBufferPointer { planes in
      unsafe y.withUnsafeMutableBufferPointer { y in
        guard let planes = planes.baseAddress, let y = y.baseAddress else { return }
        let targets = unsafe rows.map { unsafe Optional(y + $0) }
        // In bounds by the checks above; `y` is exclusive.
        unsafe mmdit_transform_products(
          KernelLevel.best.rawValue, size, planes + first, plane, patches, channels, biases,
          adding ? 1 : 0, targets, rows.count, width, stride)
      }
    }
  }

  private static func checkPlanes(
    _ count: Int, size: Int, first: Int, plane: Int, values: Int
  ) {
    precondition(
      first >= 0 && plane >= 0 && first + (size * size - 1) * plane + values <= count,
      "the planes are there")
  }
}
