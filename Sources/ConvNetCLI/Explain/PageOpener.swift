internal import ConvNetFormats
internal import ConvNetGraph

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Shows a file with the program that the system opens such files with.
enum PageOpener {
  static func open(_ path: String) throws(ConvNetError) {
    #if os(macOS)
      let program = "open"
    #else
      let program = "xdg-open"
    #endif
    // A name that begins with a dash would be taken for an option.
    let file = path.hasPrefix("/") ? path : "./" + path
    var process = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(file), nil]
    defer { for argument in arguments { free(argument) } }
    let status = posix_spawnp(&process, program, nil, nil, &arguments, environ)
    guard status == 0 else {
      throw ConvNetError(
        .unsupported, "\(program) cannot be started", advice: "open the page yourself: \(file)")
    }
  }
}
