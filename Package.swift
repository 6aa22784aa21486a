// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in the check only (CONVNET_WERROR=1), so that a newer compiler never breaks a
// user's build.
let warningsAreErrors = Context.environment["CONVNET_WERROR"] != nil

let swiftSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
  ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

// The reference loops are the oracle of every test, and the file readers meet thousands of damaged
// files there; without optimisation they would make the debug tests several times slower.
let referenceSettings: [SwiftSetting] =
  swiftSettings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

// What only talks to people is built small; the program shall stay near 15 MB.
let compactSettings: [SwiftSetting] =
  swiftSettings + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

let cSettings: [CSetting] =
  [
    .enableWarning("all"), .enableWarning("extra"),
    // From tools-version 6.2 on, unsafeFlags do not bar a package from being a dependency.
    .unsafeFlags(["-O3"]),
  ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
  name: "ConvNet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "ConvNet", targets: ["ConvNet", "ConvNetExplain"]),
    .executable(name: "convnet", targets: ["ConvNetCLI"]),
    // For Benchmarks/ only: users import ConvNet.
    .library(name: "CConvNetKernels", targets: ["CConvNetKernels"]),
  ],
  traits: [
    .trait(name: "JPEG", description: "Read JPEG pictures through libturbojpeg."),
    .trait(name: "PNG", description: "Read and write PNG pictures through libpng."),
    .trait(name: "WebP", description: "Read WebP pictures through libwebp."),
    .trait(name: "Zlib", description: "Read compressed data sets and packages through zlib."),
    .default(enabledTraits: []),
  ],
  targets: [
    .target(name: "ConvNetGraph", swiftSettings: referenceSettings),
    .target(name: "CConvNetKernels", exclude: ["body/README.md"], cSettings: cSettings),
    .target(
      name: "ConvNetEngine", dependencies: ["ConvNetGraph", "CConvNetKernels"],
      swiftSettings: swiftSettings),
    .systemLibrary(
      name: "CTurboJPEG", path: "Sources/System/CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CPNG", path: "Sources/System/CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CWebP", path: "Sources/System/CWebP", pkgConfig: "libwebp",
      providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(
      name: "ConvNetFormats",
      dependencies: [
        "ConvNetGraph",
        .target(name: "CTurboJPEG", condition: .when(traits: ["JPEG"])),
        .target(name: "CPNG", condition: .when(traits: ["PNG"])),
        .target(name: "CWebP", condition: .when(traits: ["WebP"])),
        .target(name: "CZlib", condition: .when(traits: ["Zlib"])),
      ],
      swiftSettings: referenceSettings),
    .target(
      name: "ConvNet",
      dependencies: ["ConvNetGraph", "ConvNetEngine", "ConvNetFormats", "ConvNetText"],
      swiftSettings: swiftSettings),
    .target(name: "CConvNetAssets", exclude: ["page", "network"], cSettings: cSettings),
    .target(
      name: "ConvNetExplain",
      dependencies: ["ConvNet", "ConvNetFormats", "ConvNetGraph", "ConvNetText", "CConvNetAssets"],
      swiftSettings: compactSettings),
    .target(
      name: "ConvNetLab",
      dependencies: [
        "ConvNet", "ConvNetEngine", "ConvNetExplain", "ConvNetFormats", "ConvNetGraph",
        "ConvNetText",
      ],
      swiftSettings: compactSettings),
    .target(name: "ConvNetText", swiftSettings: compactSettings),
    .target(
      name: "ConvNetTerminal", dependencies: ["ConvNetFormats", "ConvNetGraph", "ConvNetText"],
      swiftSettings: compactSettings),
    .executableTarget(
      name: "ConvNetCLI",
      dependencies: [
        "ConvNet", "ConvNetExplain", "ConvNetFormats", "ConvNetGraph", "ConvNetLab",
        "ConvNetTerminal", "ConvNetText",
      ],
      swiftSettings: compactSettings),
    // The guide's samples and what checks them. They see what a user sees: no package declarations.
    .executableTarget(
      name: "Guide", dependencies: ["ConvNet", "ConvNetExplain"], path: "Documentation/Guide",
      exclude: ["Guide.docc", "README.md", "instruction-set.txt"], packageAccess: false,
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetGraphTests", dependencies: ["ConvNetGraph"], exclude: ["ErrorTexts"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetEngineTests", dependencies: ["ConvNetEngine", "ConvNetGraph"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetKernelTests", dependencies: ["CConvNetKernels"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetFormatsTests", dependencies: ["ConvNetFormats", "ConvNetGraph"],
      exclude: ["Fixtures"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetGoldenTests",
      dependencies: ["ConvNetGraph", "ConvNetEngine", "ConvNetFormats"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetTrainingTests", dependencies: ["ConvNet", "CAllocationCounter"],
      swiftSettings: swiftSettings),
    .target(
      name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter", cSettings: cSettings),
    .testTarget(
      name: "ConvNetTextTests", dependencies: ["ConvNetText"], swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetTerminalTests",
      dependencies: ["ConvNetFormats", "ConvNetGraph", "ConvNetTerminal", "ConvNetText"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetTests", dependencies: ["ConvNet"], exclude: ["Golden"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetExplainTests",
      dependencies: ["ConvNet", "ConvNetExplain", "ConvNetFormats", "ConvNetGraph"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetLabTests",
      dependencies: ["ConvNetEngine", "ConvNetFormats", "ConvNetGraph", "ConvNetLab"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetONNXTests", dependencies: ["ConvNet"], exclude: ["Peers"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ConvNetCLITests", dependencies: ["ConvNetCLI", "ConvNetFormats", "ConvNetGraph"],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
