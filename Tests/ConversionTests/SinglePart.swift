import Checkpoints
import Conversion

// Most tests convert one component.
extension ConversionJob {
  var plan: ConversionPlan { parts[0].plan }
  var checkpoint: Checkpoint { parts[0].checkpoint }
}

extension ConversionJob.Outcome {
  var overflowCounts: [Int] { parts[0].overflowCounts }
}
