internal import ConvNetFormats
internal import ConvNetGraph

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#else
  // The list of environment variables is a global variable of C.
  @preconcurrency internal import Glibc
#endif

/// Another program, run to its end.
enum ChildProcess {
  /// How a program ended.
  enum Outcome: Hashable {
    case exited(Int32)
    case signalled(Int32)
    /// There is no program of that name.
    case missing
  }

  /// Runs a program that is found as the shell finds it; what it writes goes to a file.
  ///
  /// - Throws: ``ConvNetError`` of kind `cannotWrite` where it cannot be started.
  static func run(_ command: [String], output path: String) throws(ConvNetError) -> Outcome {
    guard let program = command.first else { return .missing }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      let environment = _NSGetEnviron().pointee
    #else
      var actions = posix_spawn_file_actions_t()
      let environment = environ
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, nil, &arguments, environment)
    if failure == ENOENT || failure == EACCES { return .missing }
    guard failure == 0 else {
      throw ConvNetError(
        .cannotWrite, "\(program.escapedForDisplay): cannot be started",
        reason: String(cString: strerror(failure)))
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return .signalled(0) }
    }
    // The lowest seven bits are the signal, the next byte the exit code.
    return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
  }
}
