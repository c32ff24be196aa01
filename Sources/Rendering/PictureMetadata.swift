internal import Images
internal import MMDiT
internal import Operations
internal import Sampling
public import StrictJSON

extension RenderJob {
  /// What a picture's file says of how it was made: the program, the prompt, and everything that it
  /// takes to make the picture again.
  func texts(of picture: RenderedPicture) -> [PNGText] {
    [
      PNGText(keyword: "Software", text: options.software),
      PNGText(keyword: "Description", text: picture.prepared.request.prompt),
      PNGText(keyword: "mmdit-render", text: document(of: picture.prepared).compact()),
    ]
  }

  /// How a picture is made: formats/render-report.md, `pictures`.
  public func document(of picture: PreparedPicture) -> JSONValue {
    let (run, request) = (picture.run, picture.request)
    let noise: (String, JSONValue) =
      switch request.noise {
      case .seed(let seed): ("seed", .init(Int(clamping: seed)))
      case .latents: ("noise", options.noise.map { .init($0) } ?? .null)
      }
    let guidance =
      pipeline.style.guidance == .embedded ? run.embeddedGuidance ?? 0 : run.guidance
    return .object(
      JSONObject(
        [
          ("prompt", .init(request.prompt)), noise,
          ("width", .init(request.grid.pixelWidth)),
          ("height", .init(request.grid.pixelHeight)),
          ("steps", .init(run.schedule.stepCount)),
          ("sigmas", .array(run.schedule.sigmas.map { .init(Double($0)) })),
          ("guidance", .init(Double(guidance))),
          ("guidance_kind", .init(pipeline.style.guidance.rawValue)),
          ("max_sequence_length", .init(options.settings.textTokenCount)),
          ("arithmetic", .init(pipeline.transformer.arithmetic.rawValue)),
          ("model", .init(options.model)), ("weights", .init(options.weights)),
          ("references", .init(options.references)),
        ]))
  }
}
