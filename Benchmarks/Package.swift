// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of ConvNet never resolve or build it.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "ConvNet", path: "..")],
  targets: [
    .executableTarget(
      name: "layer",
      dependencies: [.product(name: "CConvNetKernels", package: "ConvNet")],
      exclude: ["README.md", "resnet.txt"],
      cSettings: [.unsafeFlags(["-O2"])],
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "accuracy", dependencies: [.product(name: "ConvNet", package: "ConvNet")]),
    .executableTarget(
      name: "network", dependencies: [.product(name: "ConvNet", package: "ConvNet")]),
    .executableTarget(
      name: "exactness", dependencies: [.product(name: "ConvNet", package: "ConvNet")]),
  ],
  cLanguageStandard: .c17
)
