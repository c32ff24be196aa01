internal import Storage
internal import StrictJSON

/// The settings of a pipeline's scheduler that decide its noise levels.
///
/// A scheduler with other levels than `FlowMatchSchedule` makes is refused: a picture with wrong
/// levels looks plausible.
enum SchedulerDocument {
  /// Every setting that changes the levels, with the value that leaves FLUX.2's.
  private static let expected: [(setting: String, value: JSONValue)] = [
    ("_class_name", "FlowMatchEulerDiscreteScheduler"), ("use_dynamic_shifting", .bool(true)),
    ("time_shift_type", "exponential"), ("invert_sigmas", .bool(false)),
    ("shift_terminal", .null), ("stochastic_sampling", .bool(false)),
    ("use_beta_sigmas", .bool(false)), ("use_exponential_sigmas", .bool(false)),
    ("use_karras_sigmas", .bool(false)), ("use_flow_sigmas", .bool(false)),
    ("num_train_timesteps", .init(1000)),
  ]

  /// The settings that the class has another value for when they are absent.
  private static let required: Set<String> = ["_class_name", "use_dynamic_shifting"]

  static func check(pipeline: String) throws {
    let path = FileSystem.path(pipeline, "scheduler/scheduler_config.json")
    guard FileSystem.kind(of: path) == .file else {
      throw RenderingFailure.missingPart(path: pipeline, name: "scheduler")
    }
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 20), document: path
    ).object()
    for (setting, value) in expected {
      let found = document[setting]
      guard found == value || (found == nil && !required.contains(setting)) else {
        throw RenderingFailure.unknownScheduler(
          path: path, setting: setting, expected: value.compact(),
          found: found?.compact() ?? "none")
      }
    }
  }
}
