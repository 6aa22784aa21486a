// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of ConvNet never resolve or build it.
let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "ConvNet", path: "..", traits: ["JPEG", "PNG", "WebP", "Zlib"])
  ],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "ConvNet", package: "ConvNet")],
      // libFuzzer brings the main function.
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ]
)
