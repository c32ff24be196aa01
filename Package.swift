// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors where the suite is proved, not on a user's machine with a newer compiler.
let warningsAreErrors = Context.environment["CI"] == "true"

let testSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
  ]
  + (warningsAreErrors
    ? [.treatAllWarnings(as: .error), .treatWarning("DeprecatedDeclaration", as: .warning)] : [])

// Tests are left out: the expansions of the testing macros are not marked.
let settings = testSettings + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + ["ToolKit", argumentParser], swiftSettings: settings)
}

func tests(
  _ module: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(module)Tests", dependencies: [.byName(name: module), "TestSupport"] + dependencies,
    exclude: exclude, swiftSettings: testSettings)
}

let package = Package(
  name: "mmdit-tools",
  dependencies: [
    // Command lines: parsing, help, shell completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Diagnostics with levels.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // SHA-256 of the sources a bundle was made from.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // The history of reports: SQLite with migrations and typed queries.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // The report page: templates that escape what they print.
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  // Layers: a target depends only on targets above it in this list.
  targets: [
    // 0. C and system libraries.
    .target(name: "CKernels"),
    // Only the tests have it: it judges our matrix products.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Options of the C library's allocator, which module Glibc leaves out.
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

    // 1. Failures, numbers, bytes, threads, documents.
    library("Failures"),
    library("Scalars", ["CKernels"]),
    library("Storage", ["CKernels", "CZlib", "CZstd", "Failures", "Parallel", crypto]),
    library("Parallel"),
    library("StrictJSON", ["Failures"]),

    // 2. What a weight is, what networks compute with, what people see.
    library("Tensors", ["CKernels", "Failures", "Parallel", "Scalars"]),

    library("Operations", ["CKernels", "Parallel", "Scalars", "Tensors"]),
    library("Images", ["CZlib", "Failures", "Parallel", "Storage"]),
    library("ImageMetrics", ["Failures", "Images", "Parallel"]),

    // 3. Containers, codes, architectures.
    library("Safetensors", ["Failures", "Parallel", "Storage", "StrictJSON", "Tensors"]),
    library("Quantization", ["CKernels", "Failures", "Scalars", "Tensors"]),
    library(
      "Codecs", ["CKernels", "Failures", "Quantization", "Scalars", "StrictJSON", "Tensors"]),
    library(
      "GGUF",
      [
        "CKernels", "Codecs", "Failures", "Parallel", "Quantization", "Scalars", "Storage",
        "StrictJSON", "Tensors",
      ]),
    library("Families", ["Failures", "StrictJSON", "Tensors"]),
    library("Tokenizers", ["Failures", "Storage", "StrictJSON"]),

    // 4. What was downloaded, what to do with it, and the networks that judge it.
    library(
      "Checkpoints",
      [
        "Codecs", "Failures", "Families", "GGUF", "Parallel", "Safetensors", "Storage",
        "StrictJSON", "Tensors",
      ]),
    library(
      "Recipes",
      ["Failures", "Families", "Parallel", "Quantization", "Storage", "StrictJSON", "Tensors"]),
    library(
      "TextEncoders", ["Failures", "Families", "Operations", "Parallel", "Tensors"]),
    library("MMDiT", ["Failures", "Families", "Operations", "Parallel", "Tensors"]),
    library(
      "Autoencoders",
      [
        "Failures", "Families", "Images", "Operations", "Parallel", "StrictJSON", "Tensors",
      ]),
    library("Sampling", ["Failures", "MMDiT", "Parallel"]),

    // 5. The native file, other layouts and runtimes, pictures, and fidelity.
    library(
      "Conversion",
      [
        "Checkpoints", "Failures", "Families", "Parallel", "Safetensors", "Storage", "StrictJSON",
        "Tensors",
      ]),
    library(
      "Bundles",
      [
        "Checkpoints", "Failures", "Families", "Parallel", "Quantization", "Recipes", "Safetensors",
        "Storage", "StrictJSON", "Tensors",
      ]),
    library(
      "Exchange",
      [
        "Bundles", "Checkpoints", "Codecs", "Conversion", "Failures", "Families", "GGUF",
        "Parallel",
        "Quantization", "Recipes", "Safetensors", "Storage", "StrictJSON", "Tensors",
      ]),
    library(
      "Rendering",
      [
        "Autoencoders", "Bundles", "Checkpoints", "Failures", "Families", "Images", "MMDiT",
        "Operations", "Parallel", "Safetensors", "Sampling", "Storage", "StrictJSON", "Tensors",
        "TextEncoders", "Tokenizers",
      ]),
    library(
      "Goldens",
      [
        "Bundles", "Failures", "Families", "Images", "MMDiT", "Parallel", "Rendering",
        "Safetensors", "Sampling", "Storage", "StrictJSON", "Tensors",
      ]),
    library(
      "Fidelity",
      [
        "Autoencoders", "Bundles", "Checkpoints", "Failures", "Families", "Goldens",
        "ImageMetrics", "Images", "MMDiT", "Operations", "Parallel", "Recipes", "Rendering",
        "Safetensors", "Sampling", "Storage", "StrictJSON", "Tensors",
      ]),
    library("FidelityReports", ["Failures", "Operations", "Storage", "StrictJSON"]),

    // 6. What people and scripts see.
    library("ToolKit", ["CMalloc", "Failures", "Parallel", argumentParser, logging]),
    library(
      "Reports",
      [
        "Bundles", "Checkpoints", "Conversion", "Exchange", "Failures", "Families", "Fidelity",
        "FidelityReports", "Goldens", "Operations", "Parallel", "Quantization", "Recipes",
        "Rendering", "Safetensors", "Storage", "StrictJSON", "Tensors", "ToolKit",
        argumentParser,
      ]),
    library(
      "ReportHistory",
      ["Failures", "FidelityReports", "Operations", "Storage", "StrictJSON", database]),
    library(
      "ReportPages",
      [
        "Failures", "FidelityReports", "ImageMetrics", "Images", "Operations", "Parallel",
        "ReportHistory", "Storage", "StrictJSON", "ToolKit", mustache,
      ]),

    // 7. Tools: parse, call, print.
    tool("mmdit-inspect", ["Reports", "StrictJSON"]),
    tool(
      "mmdit-convert", ["Bundles", "Checkpoints", "Conversion", "Reports", "Storage", "Tensors"]),
    tool("mmdit-quantize", ["Bundles", "Recipes", "Reports"]),
    tool("mmdit-render", ["Operations", "Rendering", "Reports"]),
    tool("mmdit-golden", ["Fidelity", "Goldens", "Rendering", "Reports"]),
    tool(
      "mmdit-verify",
      ["Fidelity", "FidelityReports", "Goldens", "Operations", "Recipes", "Reports", "Storage"]),
    tool(
      "mmdit-report",
      [
        "FidelityReports", "Operations", "ReportHistory", "ReportPages", "Reports", "Storage",
        "StrictJSON",
      ]),
    tool("mmdit-export", ["Exchange", "Reports"]),
    tool("mmdit-bundle", ["Bundles", "Reports", "StrictJSON", "Tensors"]),

    // Measurements.
    .executableTarget(
      name: "bench-forward",
      dependencies: ["Bundles", "Families", "MMDiT", "Operations", "Storage", "ToolKit"],
      path: "scripts/bench/forward",
      swiftSettings: testSettings),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "Families", "GGUF", "Parallel", "Safetensors", "Storage", "StrictJSON", "Tensors",
      ],
      path: "Tests/TestSupport", swiftSettings: testSettings),
    tests("CKernels", ["Scalars"]),
    tests("Scalars"),
    tests("Storage", ["Failures", "Parallel"]),
    tests("Parallel"),
    tests("StrictJSON"),
    tests("Tensors", ["Parallel", "Scalars"]),
    tests("Operations", ["COpenBLAS"]),
    tests("Safetensors", ["Failures", "Parallel", "Storage", "StrictJSON", "Tensors"]),
    tests("Quantization", ["Failures", "Scalars", "Tensors"], exclude: ["Goldens"]),
    tests(
      "Codecs",
      ["Failures", "Quantization", "Safetensors", "Scalars", "Storage", "StrictJSON", "Tensors"],
      exclude: ["Goldens"]),
    tests(
      "GGUF",
      ["Codecs", "Failures", "Parallel", "Quantization", "Scalars", "Storage", "Tensors"],
      exclude: ["Goldens"]),
    tests("Families", ["Safetensors", "Storage", "StrictJSON", "Tensors"]),
    tests(
      "Recipes",
      ["Failures", "Families", "Quantization", "Safetensors", "StrictJSON", "Tensors"]),
    tests(
      "MMDiT",
      [
        "Failures", "Families", "Operations", "Parallel", "Safetensors", "Sampling", "Storage",
        "StrictJSON", "Tensors",
      ]),
    tests(
      "Sampling",
      [
        "Failures", "Families", "MMDiT", "Parallel", "Safetensors", "Storage", "StrictJSON",
        "Tensors",
      ]),
    tests(
      "Bundles",
      [
        "Checkpoints", "Failures", "Families", "Parallel", "Quantization", "Recipes", "Safetensors",
        "Storage", "StrictJSON",
        "Tensors",
      ]),
    tests(
      "Conversion",
      [
        "Checkpoints", "Failures", "Families", "GGUF", "Parallel", "Safetensors", "Storage",
        "StrictJSON", "Tensors",
      ]),
    tests(
      "Exchange",
      [
        "Bundles", "Checkpoints", "Codecs", "Conversion", "Failures", "Families", "GGUF",
        "Parallel",
        "Quantization", "Recipes", "Safetensors", "Storage", "StrictJSON", "Tensors",
      ]),
    tests(
      "Fidelity",
      [
        "Bundles", "Families", "Goldens", "ImageMetrics", "Images", "MMDiT", "Operations",
        "Parallel", "Quantization", "Recipes", "Safetensors", "Storage", "StrictJSON", "Tensors",
      ]),
    tests(
      "Checkpoints",
      [
        "Codecs", "Failures", "Families", "GGUF", "Safetensors", "Storage", "StrictJSON", "Tensors",
      ]),
    tests(
      "Reports",
      [
        "Bundles", "Checkpoints", "Families", "Fidelity", "FidelityReports", "Goldens",
        "Operations", "Parallel", "Quantization", "Recipes", "Safetensors", "Storage",
        "StrictJSON", "Tensors",
      ]),
    tests("ToolKit", ["Failures", "Parallel", argumentParser]),
    tests("Images", ["Failures", "Parallel", "Storage"], exclude: ["Goldens"]),
    tests("ImageMetrics", ["Failures", "Images", "Parallel"], exclude: ["Goldens"]),
    tests("Tokenizers", ["Failures", "Storage", "StrictJSON"], exclude: ["Goldens"]),
    tests(
      "TextEncoders",
      [
        "Bundles", "Checkpoints", "Failures", "Families", "Operations", "Parallel", "Safetensors",
        "Storage", "StrictJSON", "Tensors",
      ], exclude: ["Goldens"]),
    tests(
      "Autoencoders",
      [
        "Checkpoints", "Failures", "Families", "Images", "Operations", "Parallel", "Safetensors",
        "Storage", "StrictJSON", "Tensors",
      ], exclude: ["Goldens"]),
    tests(
      "Rendering",
      [
        "Autoencoders", "Bundles", "Failures", "Families", "Images", "MMDiT", "Operations",
        "Parallel", "Safetensors", "Sampling", "Storage", "StrictJSON", "Tensors",
        "TextEncoders", "Tokenizers",
      ]),
    tests(
      "Goldens",
      [
        "Failures", "Families", "Images", "MMDiT", "Parallel", "Rendering", "Safetensors",
        "Sampling", "Storage", "StrictJSON", "Tensors",
      ]),
    tests("FidelityReports", ["Failures", "Operations", "Storage", "StrictJSON"]),
    tests(
      "ReportHistory",
      ["Failures", "FidelityReports", "Operations", "Storage", "StrictJSON", database]),
    tests(
      "ReportPages",
      [
        "Failures", "FidelityReports", "ImageMetrics", "Images", "Operations", "Storage",
        "StrictJSON",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
