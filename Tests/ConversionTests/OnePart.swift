import Checkpoints
import Conversion

// Most tests convert a model of one component.
extension ConversionJob {
  /// The plan of the first component.
  var plan: ConversionPlan { parts[0].plan }
  /// The first component.
  var checkpoint: Checkpoint { parts[0].checkpoint }
  /// What the codes of the first component are worth.
  var sourceNoise: StatedNoise? { parts[0].sourceNoise }
}

extension ConversionJob.Outcome {
  /// The overflows of the first component.
  var overflowCounts: [Int] { parts[0].overflowCounts }
}
