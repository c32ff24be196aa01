internal import Goldens
internal import Safetensors
internal import Storage
internal import Tensors

/// The predictions of a candidate at the golden latents, on their way to a safetensors file:
/// `ID.velocity` `[steps, tokens, channels]` and, where the golden has it, `ID.negative_velocity`.
///
/// For comparing the network of another runtime with this one, on the same weights and inputs.
struct VelocityFile: ~Copyable {
  private let writer: SafetensorsWriter

  /// Lays out the file of a candidate in a folder, for these runs.
  static func create(
    in folder: String, candidate: String, goldens: [Golden], of set: GoldenSet
  ) throws -> VelocityFile {
    let path = FileSystem.path(
      folder, candidate.replacing("/", with: "_") + ".safetensors")
    let entries = goldens.flatMap { golden in
      set.velocityShapes(of: golden).map {
        SafetensorsLayout.Entry(name: $0.name, elementType: .float32, shape: $0.shape)
      }
    }
    return VelocityFile(
      writer: try SafetensorsWriter.create(
        path, layout: try SafetensorsLayout(entries, path: path)))
  }

  private static func name(of run: GoldenRun, isNegative: Bool) -> String {
    run.golden.id + (isNegative ? ".negative_velocity" : ".velocity")
  }

  /// Writes one prediction of a run.
  func write(_ velocity: [Float], of run: GoldenRun, _ prediction: Prediction) throws {
    var bytes = [UInt8](repeating: 0, count: velocity.count * 4)
    var output = bytes.mutableSpan
    encodeElements(velocity.span, as: .float32, into: &output)
    try writer.write(
      bytes.rawBytes, of: Self.name(of: run, isNegative: prediction.isNegative),
      at: prediction.step * bytes.count)
  }

  consuming func commit() throws { try writer.commit() }
}
