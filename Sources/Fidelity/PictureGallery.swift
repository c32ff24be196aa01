internal import Autoencoders
internal import Bundles
internal import Checkpoints
internal import Families
internal import Goldens
internal import ImageMetrics
internal import Images
internal import MMDiT
internal import Parallel
internal import Storage

/// The pictures that runs end in, as PNG files in a folder: `CANDIDATE/GOLDEN.png`, and those of the
/// goldens themselves in `golden/GOLDEN.png`.
struct PictureGallery {
  private static let goldenName = "golden"

  private let folder: String
  private let autoencoder: Autoencoder

  /// Opens the autoencoder of the reference's pipeline; folders are made with the first picture.
  ///
  /// Throws `FidelityFailure.noAutoencoder` for a reference that is no pipeline with the autoencoder of
  /// FLUX.2, `.sameFile` when the pictures of two candidates or two goldens would have one name,
  /// and what opening throws.
  static func open(
    _ folder: String, reference: Candidate, candidates: [Candidate], goldens: [Golden]
  ) throws -> PictureGallery {
    try checkDistinct(([reference] + candidates).map(\.name) + [goldenName], in: folder)
    try checkDistinct(goldens.map(\.id), in: folder)
    let path = FileSystem.path(reference.path, ComponentKind.autoencoder.folderName)
    guard Pipeline.isPipeline(reference.path), FileSystem.kind(of: path) == .folder else {
      throw FidelityFailure.noAutoencoder(path: reference.path)
    }
    let weights = try OpenedComponent.open(path).weights
    return PictureGallery(
      folder: folder,
      autoencoder: try Autoencoder(configuration: weights.configuration, weights: weights))
  }

  /// Decodes the final latents `[T, C]` of a candidate's own run, writes the picture and compares it
  /// with that of the golden, which is written with the reference's.
  ///
  /// Where the set has no picture, the golden's is what its latents decode to.
  func add(
    _ latents: [Float], of run: GoldenRun, by candidate: Candidate, isReference: Bool,
    threads: Int, monitor: WorkMonitor
  ) throws -> PictureFidelity {
    func decode(_ latents: [Float]) throws -> Image {
      let grid = run.golden.grid
      return try autoencoder.decode(
        latents, gridHeight: grid.height, gridWidth: grid.width, threads: threads,
        monitor: monitor
      ).image
    }
    let goldenPath = try path(Self.goldenName, run.golden.id)
    let golden: Image
    if isReference {
      golden = try run.image ?? decode(run.trajectory[run.golden.steps])
      try golden.writePNG(to: goldenPath)
    } else {
      golden = try Image.readPNG(goldenPath).image
    }
    let image = try decode(latents)
    let path = try path(candidate.name, run.golden.id)
    try image.writePNG(to: path)
    return PictureFidelity(
      path: path, goldenPath: goldenPath,
      peakSignalToNoise: try peakSignalToNoise(golden, image),
      structuralSimilarity: try structuralSimilarity(golden, image, threads: threads),
      multiScaleStructuralSimilarity: try multiScaleStructuralSimilarity(
        golden, image, threads: threads),
      flip: try flip(reference: golden, candidate: image, threads: threads).mean)
  }

  /// Where a picture stands; makes the folder.
  private func path(_ candidate: String, _ id: String) throws -> String {
    try FileSystem.makeFolder(folder)
    let folder = FileSystem.path(folder, Self.fileName(candidate))
    try FileSystem.makeFolder(folder)
    return FileSystem.path(folder, Self.fileName(id) + ".png")
  }

  /// A name as a file has it: no separators, no control characters, no dot in front, so that no name
  /// leads out of the folder.
  private static func fileName(_ name: String) -> String {
    let safe = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { $0.value < 0x20 || $0 == "/" || $0 == "\u{7F}" ? "_" : $0 }))
    return safe.hasPrefix(".") || safe.isEmpty ? "_" + safe.dropFirst() : safe
  }

  private static func checkDistinct(
    _ names: [String], in folder: String
  ) throws(FidelityFailure) {
    var owners: [String: String] = [:]
    for name in names {
      if let other = owners.updateValue(name, forKey: fileName(name)) {
        throw .sameFile(folder: folder, names: [other, name], file: fileName(name))
      }
    }
  }
}
