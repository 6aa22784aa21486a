/// The shells that completions are written for.
package enum Shell: String, CaseIterable, Sendable {
  case bash
  case zsh
  case fish

  /// How a person switches the completions on.
  func instructions(program: String) -> String {
    switch self {
    case .bash: "bash: add to ~/.bashrc:  source <(\(program) completions bash)"
    case .zsh:
      "zsh: \(program) completions zsh > DIR/_\(program), with DIR in $fpath before compinit"
    case .fish:
      "fish: \(program) completions fish > ~/.config/fish/completions/\(program).fish"
    }
  }
}
