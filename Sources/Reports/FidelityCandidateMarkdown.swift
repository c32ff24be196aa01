internal import FidelityReports
internal import ToolKit

extension CandidateReport {
  /// The tensors and blocks that people look at first.
  private var shownCount: Int { 10 }

  /// The tables of one candidate: its runs, and what is there of pictures, tensors and blocks.
  var markdownSection: [String] {
    runTable + pictureTable + tensorTable + blockTable
  }

  private var runTable: [String] {
    [
      "",
      "| golden | steps | velocity error, first to last step | drift, first to last step | "
        + "latents cosine | PSNR |",
      "|---|---:|---:|---:|---:|---:|",
    ]
      + goldens.map { golden in
        "| \(golden.id) | \(golden.steps.count) | "
          + "\(span(golden.steps.map(\.velocityRelativeError))) | "
          + "\(span(golden.steps.map(\.driftRelativeError))) | "
          + "\(decimalText(golden.latentsCosine, decimals: 5)) | "
          + "\(decimalText(golden.latentsPSNR, decimals: 1)) dB |"
      }
  }

  private var pictureTable: [String] {
    let rows = goldens.compactMap { golden in
      golden.picture.map { picture in
        "| \(golden.id) | \(decimalText(picture.psnr, decimals: 1)) dB | "
          + "\(decimalText(picture.ssim, decimals: 4)) | "
          + "\(decimalText(picture.multiScaleSSIM, decimals: 4)) | \(errorText(picture.flip)) |"
      }
    }
    guard !rows.isEmpty else { return [] }
    return ["", "| picture | PSNR | SSIM | MS-SSIM | FLIP |", "|---|---:|---:|---:|---:|"] + rows
  }

  private var tensorTable: [String] {
    let changed = tensorsFromTheWorst.filter { $0.relativeError != 0 }
    guard !changed.isEmpty else { return [] }
    return [
      "", "\(changed.count) of \(tensors.count) tensors differ from the reference; the most:", "",
      "| tensor | stored as | relative error | SNR | cosine | largest error | worst segment |",
      "|---|---|---:|---:|---:|---:|---:|",
    ]
      + changed.prefix(shownCount).map { tensor in
        "| `\(tensor.name)` | \(tensor.encoding) | \(errorText(tensor.relativeError)) | "
          + "\(decimalText(tensor.signalToNoise, decimals: 1)) dB | "
          + "\(decimalText(tensor.cosine, decimals: 6)) | "
          + "\(errorText(tensor.maximumAbsoluteError)) | "
          + "\(errorText(tensor.worstSegment.relativeError)) |"
      }
  }

  private var blockTable: [String] {
    guard let places = blocks.first?.errors.map(\.progress), !places.isEmpty else { return [] }
    return [
      "", "What modules add by themselves, given the reference's activations; the most:", "",
      "| module | "
        + places.map { "error at \(decimalText(100 * $0, decimals: 0)) % of the run" }
        .joined(separator: " | ") + " |",
      "|---" + String(repeating: "|---:", count: places.count) + "|",
    ]
      + blocksFromTheWorst.prefix(shownCount).map { block in
        "| `\(block.name)` | "
          + block.errors.map { errorText($0.relativeError) }.joined(separator: " | ") + " |"
      }
  }

  /// First and last of a sequence.
  private func span(_ errors: [Double]) -> String {
    guard let first = errors.first, let last = errors.last else { return "–" }
    return "\(errorText(first)) … \(errorText(last))"
  }
}
