#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the operating system says about one of its error numbers: "No such file or directory".
func systemErrorText(_ number: Int32) -> String {
  guard let text = strerror(number) else { return "error \(number)" }
  return String(cString: text)
}

/// The kind of thing that a path or a descriptor leads to.
enum FileKind {
  case regular, directory, symbolicLink, other(String)

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    case S_IFIFO: self = .other("a named pipe")
    case S_IFCHR: self = .other("a character device")
    case S_IFBLK: self = .other("a block device")
    case S_IFSOCK: self = .other("a socket")
    default: self = .other("a special file")
    }
  }

  /// The kind in words, with its article.
  var description: String {
    switch self {
    case .regular: "a file"
    case .directory: "a folder"
    case .symbolicLink: "a symbolic link"
    case .other(let text): text
    }
  }
}
