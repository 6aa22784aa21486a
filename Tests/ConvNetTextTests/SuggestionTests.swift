import ConvNetText
import Testing

struct SuggestionTests {
  let options = ["--epochs", "--batch", "--augment", "--seed"]

  @Test(arguments: [
    ("--epoch", "--epochs"), ("--eopchs", "--epochs"), ("--aug", "--augment"),
    ("--SEED", "--seed"), ("--bacth", "--batch"),
  ])
  func findsTheNearest(name: String, expected: String) {
    #expect(Suggestion.nearest(to: name, in: options) == expected)
  }

  @Test(arguments: ["", "--completely-different", String(repeating: "x", count: 100_000)])
  func staysSilentWhenNothingIsNear(name: String) {
    #expect(Suggestion.nearest(to: name, in: options) == nil)
    #expect(Suggestion.question(for: name, in: options) == "")
  }

  @Test func asks() {
    #expect(Suggestion.question(for: "sed", in: ["seed"]) == " — did you mean 'seed'?")
  }
}
