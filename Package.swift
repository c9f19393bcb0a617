// swift-tools-version: 6.2
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
// Tests that need not be optimized in release; what they test is. SimTests so compile in half the time. No product has these flags.
let tests = strict + [.unsafeFlags(["-Onone"])]

let package = Package(
  name: "Troupe",
  products: [
    .library(name: "Messaging", targets: ["Messaging"]),
    // With Messaging, whose actors are tested: neither links OpenBLAS.
    .library(name: "ActorTesting", targets: ["ActorTesting", "Messaging"]),
    // Tests of plain actors, in every order of their awaits. It links no OpenBLAS, and needs Swift Testing.
    .library(name: "InterleavingTesting", targets: ["InterleavingTesting", "Interleavings"]),
    .library(name: "Policy", targets: ["Policy"]),
    .library(name: "Actors", targets: ["Actors"]),
    .library(name: "Sim", targets: ["Sim"]),
    .library(name: "TroupeCLI", targets: ["TroupeCLI"]),
    .library(name: "PropertyTesting", targets: ["PropertyTesting"]),
    .executable(name: "troupe", targets: ["troupe"]),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Three functions of the Swift runtime, by which every part of a task can be seen.
    .target(name: "CTaskHooks"),
    .target(name: "Messaging", dependencies: ["CTaskHooks"], swiftSettings: strict),
    .target(name: "ActorTesting", dependencies: ["Messaging"], swiftSettings: strict),
    .target(name: "CInterleaving", dependencies: ["CTaskHooks"]),
    .target(name: "Interleavings", dependencies: ["CInterleaving", "Messaging"], swiftSettings: strict),
    .target(
      name: "InterleavingTesting", dependencies: ["Interleavings", "PropertyTesting"], swiftSettings: strict),
    .target(name: "CKernels"),
    .target(name: "Policy", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: strict),
    .target(name: "CSandbox"),
    // Runs programs that nobody trusts; it knows nothing of actors.
    .target(name: "Sandbox", dependencies: ["CSandbox"], swiftSettings: strict),
    .target(name: "Actors", dependencies: ["Messaging", "Policy", "Sandbox"], swiftSettings: strict),
    // The page that shows runs and episodes, whose files are embedded in the program.
    .target(name: "CViewer", exclude: ["page"]),
    .target(
      name: "Sim",
      dependencies: ["ActorTesting", "Actors", "CViewer", "Messaging", "Policy", "Sandbox", "Serving"],
      swiftSettings: strict),
    .target(name: "Serving", dependencies: ["Messaging", "Policy"], swiftSettings: strict),
    .target(
      name: "TroupeCLI",
      dependencies: ["Sim", "ActorTesting", "Actors", "CViewer", "Messaging", "Policy", "Serving"],
      swiftSettings: strict),
    // The verb `bench`, which only this package's own command has.
    .target(
      name: "TroupeBenchmarks", dependencies: ["TroupeCLI", "Sim", "Messaging", "Policy"],
      path: "Benchmarks/Troupe", swiftSettings: strict),
    // Published bugs, ported to actors: how many schedules each strategy needs to find them.
    .executableTarget(
      name: "interleaving-ports", dependencies: ["Interleavings", "Messaging"],
      path: "Benchmarks/Interleavings",
      swiftSettings: strict),
    .executableTarget(
      name: "troupe", dependencies: ["TroupeCLI", "TroupeBenchmarks"], swiftSettings: strict),
    .target(name: "PropertyTesting", swiftSettings: strict),
    .testTarget(
      name: "MessagingTests", dependencies: ["Messaging", "PropertyTesting"],
      exclude: ["record_log_golden.py"], swiftSettings: strict),
    .testTarget(
      name: "ActorTestingTests", dependencies: ["ActorTesting", "PropertyTesting"], swiftSettings: strict),
    .testTarget(
      name: "InterleavingTests",
      dependencies: [
        "CInterleaving", "InterleavingTesting", "Interleavings", "Messaging", "PropertyTesting",
        "interleaving-ports",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PolicyTests", dependencies: ["CKernels", "Policy", "PropertyTesting"],
      exclude: [
        "record_engine_fixtures.py", "record_checkpoint_fixtures.py", "record_parity_fixtures.py",
        "record_tokenizer_fixtures.py", "record_elementary_fixtures.py", "record_gguf_fixtures.py",
        "record_smollm2_fixtures.py", "record_smollm2_ids.py", "record_template_fixtures.py",
        "record_frozen_fixtures.py",
      ],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "SandboxTests", dependencies: ["Sandbox", "ActorTesting", "Actors", "Messaging", "Sim"],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "ActorsTests", dependencies: ["Actors", "PropertyTesting"], exclude: ["record_math_fixtures.py"],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "SimTests", dependencies: ["Sim", "PropertyTesting"],
      exclude: ["record_credit_fixtures.py", "record_statistics_golden.py"], resources: [.copy("Fixtures")],
      swiftSettings: tests),
    .testTarget(
      name: "PropertyTestingTests", dependencies: ["PropertyTesting"], swiftSettings: tests),
    .testTarget(
      name: "ServingTests",
      dependencies: ["ActorTesting", "Actors", "Policy", "PropertyTesting", "Serving", "Sim"],
      exclude: ["clients.py", "load.py"],
      swiftSettings: tests),
    .testTarget(
      name: "IntegrationTests", dependencies: ["troupe", "TroupeCLI", "Sim", "PropertyTesting"],
      swiftSettings: tests),
  ]
)

// Fuzzing needs unsafe flags, which no package that depends on this one would accept: `make fuzz` sets the variable.
if ProcessInfo.processInfo.environment["TROUPE_FUZZING"] != nil {
  for (name, path, module) in [
    ("fuzz-log", "Log", "Messaging"), ("fuzz-schedule", "Schedule", "ActorTesting"),
    ("fuzz-scenario", "Scenario", "Sim"), ("fuzz-safetensors", "Safetensors", "Policy"),
    ("fuzz-tokenizer", "Tokenizer", "Policy"), ("fuzz-template", "Template", "Policy"),
    ("fuzz-gguf", "GGUF", "Policy"), ("fuzz-http", "HTTP", "Serving"),
  ] {
    package.targets.append(
      .executableTarget(
        name: name, dependencies: [.init(stringLiteral: module)],
        path: "Fuzzing/\(path)",
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer"])],
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
  }
}

// The debug run builds some of the tests only: `make test-debug` sets the variable.
if let names = ProcessInfo.processInfo.environment["TROUPE_TESTS"] {
  package.targets.removeAll { $0.type == .test && !names.split(separator: " ").contains(Substring($0.name)) }
}
