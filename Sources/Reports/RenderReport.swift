internal import Bundles
internal import Families
internal import MMDiT
internal import Operations
internal import Recipes
public import Rendering
internal import Sampling
public import StrictJSON
internal import Tensors
internal import ToolKit

/// What `mmdit-render` did or would do.
public struct RenderReport {
  private let job: RenderJob
  /// Nil for a dry run.
  private let pictures: [PreparedPicture]?

  public init(_ job: RenderJob, _ pictures: [RenderedPicture]?) {
    self.job = job
    self.pictures = pictures?.map(\.prepared)
  }

  /// The document of formats/render-report.md.
  public var document: JSONValue {
    [
      "format": "mmdit-render", "version": 1,
      "pipeline": .init(job.pipeline.path),
      "components": .array(
        job.pipeline.components.map { name, component in
          [
            "name": .init(name), "path": .init(component.path),
            "recipe": component.recipe.map { .init($0.name) } ?? .null,
            "bits_per_weight": .init(component.weights.weights.bitsPerWeight),
          ]
        }),
      "pictures": pictures.map { pictures in
        .array(
          zip(job.outputs, pictures).map { output, picture in
            ["file": .init(output), "made_by": job.document(of: picture)]
          })
      } ?? .null,
    ]
  }

  /// The same for people.
  public var text: String {
    var lines = job.pipeline.components.map { name, component in
      let recipe = component.recipe.map { ", \($0.name)" } ?? ""
      let bits = decimalText(component.weights.weights.bitsPerWeight, decimals: 3)
      return "\(name): \(component.path)\(recipe), \(bits) bits/weight"
    }
    for (output, request) in zip(job.outputs, job.requests) {
      let grid = request.grid
      lines.append("\(output): \(grid.pixelWidth) × \(grid.pixelHeight), \"\(request.prompt)\"")
    }
    lines.append(settingsText)
    return lines.joined(separator: "\n")
  }

  /// Steps, guidance, text length and arithmetic in one line.
  private var settingsText: String {
    let (style, settings) = (job.pipeline.style, job.options.settings)
    let steps = style.stepCount(settings)
    let guidance = decimalText(Double(style.guidance(settings)), decimals: 1)
    let guidanceText =
      switch style.guidance {
      case .none: "distilled, without guidance"
      case .classifierFree: "guidance \(guidance) from a second prediction"
      case .embedded: "guidance \(guidance) as an input"
      }
    return "\(steps) steps, \(guidanceText), \(settings.textTokenCount) text tokens, "
      + "\(job.options.arithmetic.rawValue) arithmetic"
  }
}
