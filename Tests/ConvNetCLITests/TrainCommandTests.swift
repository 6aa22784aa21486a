import ConvNetFormats
import ConvNetGraph
import Foundation
import Synchronization
import Testing

@Suite(.serialized)
struct TrainCommandTests {
  /// The options that make a training small.
  let small = [
    "--arch", "compact", "--size", "16", "--batch", "8", "--warmup", "0", "--lr", "0.02",
  ]

  func train(
    _ pictures: SmallPictures, _ more: String...,
    whileRunning: (@Sendable (Process, String) -> Void)? = nil
  ) throws -> Program.Outcome {
    try Program.run(
      ["train", pictures.path, "--out", pictures.work + "/run"] + small + more,
      whileRunning: whileRunning)
  }

  /// Another head on a trained network: its frozen layers stay bit for bit, its head is new.
  @Test func goesOnFromATrainedNetwork() throws {
    let first = try SmallPictures()
    #expect(try train(first, "--epochs", "2").code == 0)
    let model = first.work + "/run/best.safetensors"

    let second = try SmallPictures(extraClass: true)
    let tuned = try train(
      second, "--epochs", "1", "--pretrained", model, "--freeze", "2", "--tensorboard")
    #expect(tuned.code == 0, "\(tuned.error)")
    #expect(tuned.error.contains("begins with "))
    let files = try FileManager.default.contentsOfDirectory(atPath: second.work + "/run")
    #expect(files.contains { $0.hasPrefix("events.out.tfevents.") })
    let before = try SafetensorsFile(path: model)
    let after = try SafetensorsFile(path: second.work + "/run/best.safetensors")
    let names = before.entries.map(\.name)
    #expect(try before.data(named: names[0]) == after.data(named: names[0]))
    let head = try #require(after.entries.first { $0.shape == [3] }, "a bias for three classes")
    #expect(before.entry(named: head.name)?.shape == [2])
    let moved = try names.filter { $0.hasSuffix(".weight") }.contains { name in
      let (old, new) = try (before.data(named: name), after.data(named: name))
      return old.shape == new.shape && old.bytes != new.bytes
    }
    #expect(moved, "what is not frozen learns")

    let everything = try Program.run(
      ["train", second.path, "--pretrained", model, "--freeze", "99"] + small)
    #expect(everything.code == 64)
    #expect(everything.error.contains("--freeze 99 leaves nothing to train"))
    let missing = try Program.run(
      ["train", second.path, "--pretrained", "efficientnet-lite"] + small)
    #expect(missing.code == 66)
    #expect(missing.error.contains("did you mean 'efficientnet-lite0'?"))
  }

  @Test func theWholePath() throws {
    let pictures = try SmallPictures()
    let trained = try train(pictures, "--epochs", "6", "--json")
    #expect(trained.code == 0, "\(trained.error)")
    #expect(trained.records.count == 6)
    #expect(trained.records.allSatisfy { $0?["trainingLoss"] is Double })
    #expect(trained.records.map { $0?["epoch"] as? Int } == Array(1...6))
    #expect(!trained.error.contains("\r"))

    for file in ["best.safetensors", "config.json", "history.csv", "history.jsonl"] {
      #expect(pictures.exists("run/\(file)"), "\(file)")
    }
    #expect(try pictures.text("run/history.csv").split(separator: "\n").count == 7)
    #expect(try pictures.text("run/history.jsonl") == trained.output)
    #expect(!pictures.exists("run/skipped.txt"))

    let model = pictures.work + "/run/best.safetensors"
    let evaluated = try Program.run(
      "eval", model, pictures.path, "--json", "--csv", pictures.work + "/rows.csv",
      "--confusion", pictures.work + "/confusion.csv")
    #expect(evaluated.code == 0, "\(evaluated.error)")
    #expect(evaluated.records.count == 1)
    #expect(evaluated.records.first??["count"] as? Int == 4)
    #expect(try pictures.text("rows.csv").split(separator: "\n").count == 5)
    #expect(
      try pictures.text("confusion.csv").hasPrefix("true\\predicted,horizontal,vertical\n"))
    let strict = try Program.run(
      "eval", model, pictures.path, "--fail-under", "1", "--split", "train")
    let accuracy = try #require(evaluated.records.first??["accuracy"] as? Double)
    #expect(accuracy >= 0.5)
    #expect(strict.code == 0 || strict.code == 1)
    #expect((strict.code == 1) == strict.error.contains("is below"))

    let predicted = try Program.run(
      "predict", model, pictures.path, "--json", "--topk", "1")
    #expect(predicted.code == 0, "\(predicted.error)")
    #expect(predicted.records.count == 40)
    #expect(predicted.records.allSatisfy { ($0?["probability"] as? Double ?? 0) >= 0.5 })

    let summary = try Program.run("summary", model)
    #expect(summary.code == 0)
    #expect(summary.output.contains("1×16×16") || summary.output.contains("3×16×16"))
  }

  @Test func theSameSeedGivesTheSameBitsAtAnyNumberOfThreads() throws {
    let models = try ["1", "2"].map { threads in
      let pictures = try SmallPictures()
      let outcome = try train(pictures, "--epochs", "2", "--threads", threads, "--seed", "7")
      #expect(outcome.code == 0, "\(outcome.error)")
      return try Data(
        contentsOf: URL(fileURLWithPath: pictures.work + "/run/best.safetensors"))
    }
    #expect(models[0] == models[1])
  }

  @Test func interruptedItSavesAndSaysSo() throws {
    let pictures = try SmallPictures()
    let isAsked = Atomic<Bool>(false)
    let outcome = try train(pictures, "--epochs", "1000000") { process, text in
      // Its row is there: at least one epoch is done. A second signal would end it unsaved.
      guard text.contains("1/1000000 "),
        isAsked.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
      else { return }
      process.interrupt()
    }
    #expect(outcome.code == 130, "\(outcome.error.suffix(2000))")
    #expect(outcome.error.contains("finishing this step"))
    #expect(pictures.exists("run/best.safetensors"))
    let evaluated = try Program.run("eval", pictures.work + "/run/best.safetensors", pictures.path)
    #expect(evaluated.code == 0)
  }

  @Test func damagedPicturesAreAnErrorUnlessPassedOver() throws {
    let pictures = try SmallPictures()
    try pictures.addDamagedPicture()
    let refused = try train(pictures, "--epochs", "1")
    #expect(refused.code == 65)
    #expect(refused.output == "")
    #expect(refused.error.contains("damaged.pgm"))
    #expect(!pictures.exists("run/best.safetensors"))
    try? FileManager.default.removeItem(atPath: pictures.work + "/run")

    let passed = try train(pictures, "--epochs", "1", "--skip-bad", "--val-split", "0")
    #expect(passed.code == 0, "\(passed.error)")
    #expect(try pictures.text("run/skipped.txt").contains("damaged.pgm"))

    let checked = try Program.run("data", "check", pictures.path, "--json")
    #expect(checked.code == 1)
    #expect(checked.records.contains { $0?["finding"] as? String == "unreadable" })
  }

  @Test func aDivergedTrainingSaysSo() throws {
    let pictures = try SmallPictures()
    let diverged = try Program.run(
      "train", pictures.path, "--out", pictures.work + "/run", "--arch", "compact", "--size", "16",
      "--batch", "8", "--warmup", "0", "--epochs", "3", "--lr", "1e30")
    #expect(diverged.code == 2, "\(diverged.error)")
    #expect(diverged.error.contains("error: training diverged in step"))
  }

  @Test func aRunIsNotOverwritten() throws {
    let pictures = try SmallPictures()
    #expect(try train(pictures, "--epochs", "1").code == 0)
    let before = try pictures.text("run/config.json")
    let again = try train(pictures, "--epochs", "1", "--seed", "3")
    #expect(again.code == 64)
    #expect(again.error.contains("holds a run already"))
    #expect(try pictures.text("run/config.json") == before)
  }

  @Test func whatCannotBeWrittenIsSaidBeforeTraining() throws {
    let pictures = try SmallPictures(perClass: 4)
    let outcome = try Program.run(
      "train", pictures.path, "--arch", "compact", "--size", "16", "--out",
      pictures.path + "/vertical/0.pgm/run")
    #expect(outcome.code == 73)
    #expect(outcome.error.contains("cannot make this folder"))
  }
}
