internal import MMDiT
internal import Safetensors
internal import Sampling
internal import Storage
internal import Tensors

/// Initial latents in a safetensors file.
enum LatentsFile {
  /// The latents `[T, C]` that a place names: a file, or `FILE.safetensors:TENSOR`.
  ///
  /// The tensor is `[T, C]`, or `[C, height, width]` as diffusers takes latents; a leading axis of 1
  /// is dropped. Without a name the file must have exactly one tensor.
  static func read(_ place: String, grid: TokenGrid, channels: Int) throws -> [Float] {
    let (path, name) = split(place)
    let file = try SafetensorsCheckpoint.open(path)
    let weight: WeightDescription
    if let name {
      guard let found = file.weight(named: name) else {
        throw RenderingFailure.noise(
          path: path, expected: "a tensor \"\(name)\"", found: "no such tensor")
      }
      weight = found
    } else {
      guard file.weights.count == 1 else {
        throw RenderingFailure.noise(
          path: path, expected: "one tensor, or its name after a colon",
          found: "\(file.weights.count) tensors")
      }
      weight = file.weights[0]
    }
    let tokens = grid.tokenCount ?? 0
    var extents = weight.shape.extents
    if extents.count > 2, extents.first == 1 { extents.removeFirst() }
    let isPlanar = extents == [channels, grid.height, grid.width]
    guard isPlanar || extents == [tokens, channels] else {
      throw RenderingFailure.noise(
        path: path,
        expected: "[\(tokens), \(channels)] or [\(channels), \(grid.height), \(grid.width)]",
        found: "\(weight.shape)")
    }
    let values = try file.values(of: weight.name)
    guard values.allSatisfy(\.isFinite) else {
      throw RenderingFailure.noise(
        path: path, expected: "finite numbers", found: "infinite or undefined ones")
    }
    return isPlanar ? InitialNoise.tokenMajor(values, channels: channels) : values
  }

  /// A file's own name may hold a colon.
  private static func split(_ place: String) -> (path: String, name: String?) {
    let ending = ".safetensors:"
    guard FileSystem.kind(of: place) == nil, let range = place.firstRange(of: ending) else {
      return (place, nil)
    }
    return (
      String(place[..<place.index(before: range.upperBound)]), String(place[range.upperBound...])
    )
  }
}
