// swift-tools-version: 6.2
import PackageDescription

// Packages that use Troupe look like this one; theirs would name a URL in place of the path.
let package = Package(
  name: "TroupeExamples",
  dependencies: [.package(name: "Troupe", path: "..")],
  targets: [
    .executableTarget(
      name: "election",
      dependencies: [
        .product(name: "Messaging", package: "Troupe"), .product(name: "Sim", package: "Troupe"),
        .product(name: "TroupeCLI", package: "Troupe"),
      ], path: "Sources/Election"),
    .executableTarget(
      name: "auction",
      dependencies: [
        .product(name: "ActorTesting", package: "Troupe"), .product(name: "Sim", package: "Troupe"),
        .product(name: "TroupeCLI", package: "Troupe"),
      ], path: "Sources/Auction"),
    .executableTarget(
      name: "sorting",
      dependencies: [
        .product(name: "Actors", package: "Troupe"), .product(name: "Policy", package: "Troupe"),
        .product(name: "Sim", package: "Troupe"), .product(name: "TroupeCLI", package: "Troupe"),
      ], path: "Sources/Sorting"),
    .executableTarget(
      // It needs no scenario and no policy, and so links no OpenBLAS.
      name: "planted-bugs", dependencies: [.product(name: "ActorTesting", package: "Troupe")],
      path: "Sources/PlantedBugs"),
  ]
)
