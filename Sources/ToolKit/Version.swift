/// The version of the suite, the same for every tool of it.
public let suiteVersion = "0.1.0"
