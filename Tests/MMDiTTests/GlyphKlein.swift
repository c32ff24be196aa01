import Families
import MMDiT
import Safetensors
import Sampling
import Storage
import StrictJSON
import Tensors
import TestSupport

/// The trained fixture model and the runs that diffusers recorded with it.
struct GlyphKlein {
  let configuration: Flux2Configuration
  let weights: SafetensorsCheckpoint
  let recorded: SafetensorsCheckpoint
  let goldens: [Golden]

  init() throws {
    func document(_ path: String) throws -> JSONField {
      try JSONField.parse(FileReader.contents(of: path, limit: 1 << 20), document: path)
    }
    weights = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    configuration = try weights.component(
      stated: document("\(Fixture.kleinTransformer)/config.json")
    ).flux2()
    let recorded = try SafetensorsCheckpoint.open("\(Fixture.goldens)/glyph-klein.safetensors")
    self.recorded = recorded
    let list = try document("\(Fixture.goldens)/glyph-klein.json")
    let fields = try list["goldens"].array()
    let grids = try Dictionary(
      uniqueKeysWithValues: fields.map { (try $0["id"].string(), try Golden.grid(of: $0)) })
    goldens = try fields.filter { try $0.optional("loras") == nil }.map {
      try Golden($0, recorded, grids: grids)
    }
  }
}

/// One recorded run.
struct Golden {
  let id: String
  let run: SamplingRun
  let sigmas: [Float]
  /// The conditional prediction of each step, `[T, C]`.
  let velocities: [[Float]]
  /// The unconditional prediction of each step; empty without guidance.
  let negativeVelocities: [[Float]]

  static func grid(of field: JSONField) throws -> TokenGrid {
    TokenGrid(
      height: (try field.optional("height")?.integer() ?? 128) / 16,
      width: (try field.optional("width")?.integer() ?? 128) / 16)
  }

  init(_ field: JSONField, _ recorded: SafetensorsCheckpoint, grids: [String: TokenGrid]) throws {
    let id = try field["id"].string()
    func tensor(_ name: String) throws -> [Float]? {
      try recorded.weight(named: name).map { try recorded.values(of: $0.name) }
    }
    func steps(_ name: String) throws -> [[Float]] {
      guard let shape = recorded.weight(named: "\(id).\(name)")?.shape else { return [] }
      let all = try recorded.values(of: "\(id).\(name)")
      return (0..<shape.rows).map { step in
        Array(all[step * shape.columns..<(step + 1) * shape.columns])
      }
    }
    let grid = try Self.grid(of: field)
    let tokens = grid.height * grid.width
    let schedule =
      try field.optional("sigmas").map { list in
        try FlowMatchSchedule(
          unshifted: list.array().map { try $0.double() }, tokenCount: tokens)
      } ?? FlowMatchSchedule(steps: field["steps"].integer(), tokenCount: tokens)
    var references: [ReferenceTokens] = []
    if let name = try field.optional("reference")?.string(), let grid = grids[name],
      let latents = try tensor("\(id).reference_tokens")
    {
      references = [ReferenceTokens(tokens: latents, grid: grid)]
    }
    let textTokens = try field.optional("max_sequence_length")?.integer() ?? 64
    self.id = id
    run = SamplingRun(
      noise: try tensor("\(id).noise") ?? [], grid: grid, references: references,
      text: try tensor("\(id).prompt_embeds") ?? [],
      negativeText: try tensor("negative_prompt_embeds.\(textTokens)"),
      guidance: Float(try field["guidance"].double()), schedule: schedule)
    sigmas = try tensor("\(id).sigmas") ?? []
    velocities = try steps("velocity")
    negativeVelocities = try steps("negative_velocity")
  }

  /// What the network saw at a step: with the prompt, then with the negative prompt if it did.
  func inputs(step: Int, latents: [Float]) -> [TransformerInput] {
    let texts = [run.text] + (negativeVelocities.isEmpty ? [] : [run.negativeText ?? []])
    return texts.map {
      TransformerInput(
        latents: latents, grid: run.grid, references: run.references, text: $0,
        sigma: sigmas[step])
    }
  }

  /// The latents at the beginning of each step and at the end, by Euler along the recorded
  /// velocities.
  func trajectory() -> [[Float]] {
    var latents = [run.noise]
    for step in velocities.indices {
      let velocity =
        negativeVelocities.isEmpty
        ? velocities[step]
        : EulerSampler.guide(
          velocities[step], away: negativeVelocities[step], strength: run.guidance)
      var next = latents[step]
      EulerSampler.advance(&next, along: velocity, by: sigmas[step + 1] - sigmas[step])
      latents.append(next)
    }
    return latents
  }
}

/// ‖a − b‖ / ‖b‖ in Double.
func relativeError(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  var (difference, size) = (0.0, 0.0)
  for index in a.indices {
    difference += (Double(a[index]) - Double(b[index])) * (Double(a[index]) - Double(b[index]))
    size += Double(b[index]) * Double(b[index])
  }
  return (difference / size).squareRoot()
}
