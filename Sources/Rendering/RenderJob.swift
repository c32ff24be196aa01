internal import Families
internal import Images
internal import MMDiT
public import Parallel
internal import Storage

/// Pictures that were asked for, checked and ready to be made.
public struct RenderJob: Sendable {
  public let options: RenderOptions
  public let pipeline: PicturePipeline
  /// One for each prompt, in their order.
  public let requests: [PictureRequest]
  /// Where each picture is written.
  public let outputs: [String]

  /// Opens the pipeline and everything else that is named; no weight is read.
  ///
  /// All pictures begin with the same noise: what tells them apart is the prompt.
  public init(_ options: RenderOptions) throws {
    guard !options.prompts.isEmpty else {
      throw RenderingFailure.request(subject: "prompt", expected: "at least one", found: "none")
    }
    let references = try options.references.map {
      try Image.readPNG($0).image.preparedAsReference()
    }
    let pipeline = try PicturePipeline.open(
      options.model, weights: options.weights, arithmetic: options.arithmetic)
    let grid = try Self.grid(options, references: references)
    let noise: PictureRequest.Noise =
      try options.noise.map {
        .latents(
          try LatentsFile.read(
            $0, grid: grid, channels: pipeline.transformer.configuration.inputChannels))
      } ?? .seed(UInt64(clamping: options.seed))
    self.options = options
    self.pipeline = pipeline
    requests = options.prompts.map {
      PictureRequest(prompt: $0, noise: noise, grid: grid, references: references)
    }
    outputs = try Self.outputs(options)
  }

  private static func grid(_ options: RenderOptions, references: [Image]) throws -> TokenGrid {
    if let size = options.size { return try RenderOptions.grid(size) }
    return references.first.map { TokenGrid(pixelHeight: $0.height, pixelWidth: $0.width) }
      ?? TokenGrid(pixelHeight: 1024, pixelWidth: 1024)
  }

  /// One picture has the name of the output; several are numbered in a folder of that name.
  private static func outputs(_ options: RenderOptions) throws -> [String] {
    let isPicture = options.output.lowercased().hasSuffix(".png")
    guard options.prompts.count > 1 else {
      guard isPicture else {
        throw RenderingFailure.request(
          subject: "output", expected: "a .png file", found: "\"\(options.output)\"")
      }
      return [options.output]
    }
    guard !isPicture else {
      throw RenderingFailure.request(
        subject: "output", expected: "a folder for \(options.prompts.count) pictures",
        found: "\"\(options.output)\"")
    }
    let digits = max(3, String(options.prompts.count).count)
    return (1...options.prompts.count).map { number in
      let text = String(number)
      let name = String(repeating: "0", count: digits - text.count) + text + ".png"
      return FileSystem.path(options.output, name)
    }
  }

  /// Makes the pictures and writes each as soon as it is done.
  ///
  /// A picture appears under its name when it is whole; what stood there is replaced.
  public func run(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> [RenderedPicture] {
    if requests.count > 1 { try FileSystem.makeFolder(options.output) }
    var pictures: [RenderedPicture] = []
    try pipeline.render(
      requests, options.settings, threads: threads, monitor: monitor
    ) { index, picture in
      try picture.image.writePNG(to: outputs[index], texts: texts(of: picture))
      pictures.append(picture)
    }
    return pictures
  }
}
