import ConvNetTerminal
import Testing

struct HelpPageTests {
  @Test func aCommandsPageIsItsTable() {
    #expect(
      HelpPage(SampleTool.tool, width: 76).page(for: ["train"]) == """
        sample train: train a network

        Usage: sample train DATA [options]

        Trains until it is done.

        Arguments
          DATA  the pictures

        Training
              --epochs N        passes (from 1 to 100,000; default 30)
              --seed N          the random seed (of at least 0)
              --wd X            weight decay (from 0 to 1; default 0.0005)
              --lr X            the learning rate (above 0; default auto)
              --momentum X      inertia (from -1 to less than 1; default 0.9)
              --opt NAME        the optimiser (sgd, adamw; default sgd)
              --arch NAME|FILE  the network (primer, resnet18; default primer)
              --time T          the time to stop after
              --size CxHxW      the size
              --dry-run         do one batch only

        Files
          -o, --out DIR   where the run's files go (default runs/…)
              --tag TEXT  a word for the log (may be repeated)

        Output
          -q, --quiet     say results, warnings and errors only
          -v, --verbose   say what is done and how long it takes
              --json      write JSON Lines to standard output, and nothing else
                          there
              --no-color  no colours and no line drawn over itself (also with
                          NO_COLOR set)
          -h, --help      show this page

        Examples
          sample train photos --epochs 3
        """)
  }

  @Test func aGroupsPageListsItsCommands() {
    #expect(
      HelpPage(SampleTool.tool).page(for: ["data"]) == """
        sample data: look at data

        Usage: sample data SUBCOMMAND [arguments] [options]

        Subcommands
          check  find bad pictures
          stats  count pictures
        """)
  }

  @Test func theOverviewNamesEveryCommandAndCode() {
    let page = HelpPage(SampleTool.tool).overview
    for command in ["train", "predict", "data", "fail", "help", "completions"] {
      #expect(page.contains("\n  \(command) "))
    }
    for code in ExitCode.allCases { #expect(page.contains("\n  \(code.rawValue) ")) }
    #expect(page.contains("--version"))
  }

  @Test(arguments: [0, 40, 60, 80, 1000])
  func linesFitTheTerminal(width: Int) {
    let pages = [[], ["train"], ["data"], ["data", "check"], ["help"], ["completions"]]
    for path in pages {
      for line in (HelpPage(SampleTool.tool, width: width).page(for: path) ?? "").split(
        separator: "\n")
      {
        // At 40 cells a long option leaves its text the 20 that a text is always given.
        #expect(line.count <= max(52, min(width, 100)), "\(line)")
      }
    }
  }

  @Test func thereIsNoPageForWhatDoesNotExist() {
    #expect(HelpPage(SampleTool.tool).page(for: ["nothing"]) == nil)
    #expect(HelpPage(SampleTool.tool).page(for: ["train", "nothing"]) == nil)
  }
}
