internal import ConvNetText

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// What can be shown at the other end of an output stream.
package struct TerminalCapabilities: Sendable, Equatable {
  /// The colours that a terminal can show.
  package enum Colours: Sendable, Equatable {
    case none
    case palette256
    case trueColour
  }

  /// Whether a person is probably looking: the stream ends at a terminal.
  package var isTerminal: Bool
  /// Whether a line may be drawn over itself with a carriage return.
  package var redraws: Bool
  package var colours: Colours
  /// Whether characters beyond ASCII are shown as such.
  package var isUnicode: Bool
  /// The width in cells; 80 where there is no terminal.
  package var width: Int

  package init(
    isTerminal: Bool, redraws: Bool, colours: Colours, isUnicode: Bool = true, width: Int = 80
  ) {
    self.isTerminal = isTerminal
    self.redraws = redraws
    self.colours = colours
    self.isUnicode = isUnicode
    self.width = width
  }

  /// A file or pipe: plain text only.
  package static let plain = TerminalCapabilities(
    isTerminal: false, redraws: false, colours: .none)

  /// Reads off what a stream can show.
  ///
  /// - Parameters:
  ///   - isTerminal: Whether the stream ends at a terminal.
  ///   - reportedWidth: The width that the terminal reports, or nil.
  ///   - variable: Looks up an environment variable; one that is empty counts as not set.
  ///   - noColour: Whether the user asked for no colours (`--no-color`).
  package init(
    isTerminal: Bool, reportedWidth: Int?, noColour: Bool = false,
    variable lookUp: (String) -> String?
  ) {
    func variable(_ name: String) -> String? {
      lookUp(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    let terminal = variable("TERM")
    let isDumb = terminal == "dumb"
    let plainWanted = variable("NO_COLOR") != nil || noColour
    let colourTerm = variable("COLORTERM")?.lowercased() ?? ""

    self.isTerminal = isTerminal
    redraws = isTerminal && !isDumb && !plainWanted && variable("CI") == nil
    if !isTerminal || isDumb || plainWanted {
      colours = .none
    } else if colourTerm.contains(text: "truecolor") || colourTerm.contains(text: "24bit") {
      colours = .trueColour
    } else {
      colours = .palette256
    }
    let locale = (variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG"))?.lowercased()
    // A pipe or file gets UTF-8 whatever the locale says: its reader is a program.
    isUnicode =
      !isTerminal || locale.map { $0.contains(text: "utf-8") || $0.contains(text: "utf8") } ?? false
    let columns = variable("COLUMNS").flatMap { Int($0) }
    width = [reportedWidth, columns].compactMap { $0 }.first { (1...10_000).contains($0) } ?? 80
  }

  /// What a file descriptor of this process can show.
  package init(fileDescriptor: Int32, noColour: Bool = false) {
    let isTerminal = isatty(fileDescriptor) == 1
    var size = winsize()
    let reports = isTerminal && ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0
    self.init(
      isTerminal: isTerminal, reportedWidth: reports ? Int(size.ws_col) : nil, noColour: noColour
    ) { name in
      getenv(name).map { String(cString: $0) }
    }
  }
}
