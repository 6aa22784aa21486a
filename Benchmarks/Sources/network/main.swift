// Times whole networks, forward and training step; Benchmarks/peers runs it beside other engines.
//
//   network --model resnet18 --batch 1 --mode infer|train [--size 224] [--channels 3] [--classes 1000]
//           [--threads 2] [--precision bf16] [--weights w.safetensors --input x.safetensors --output y.safetensors]
//           [--plan] [--steps] [--serve] [--save MODEL-FILE]
//
// Without --serve it measures for about two seconds and prints one JSON line. With --serve it answers
// each line "SECONDS" on standard input with one JSON line, so that engines can take turns.

import ConvNet

#if canImport(Glibc)
  import Glibc
#endif

let options: [String: String] = {
  var options: [String: String] = [:]
  var arguments = Array(CommandLine.arguments.dropFirst())
  while !arguments.isEmpty {
    let name = arguments.removeFirst()
    let isFlag = arguments.first.map { $0.hasPrefix("--") } ?? true
    options[name] = isFlag ? "yes" : arguments.removeFirst()
  }
  return options
}()

func number(_ name: String, _ fallback: Int) -> Int { options[name].flatMap(Int.init) ?? fallback }

func write(_ text: String) {
  print(text)
  fflush(nil)
}

/// Runs `body` for so many seconds and gives the milliseconds of each run.
func measure(seconds: Double, _ body: () -> Void) -> [Double] {
  let clock = ContinuousClock()
  var times: [Double] = []
  let start = clock.now
  repeat {
    let time = clock.measure(body)
    times.append(
      Double(time.components.attoseconds) * 1e-15 + Double(time.components.seconds) * 1e3)
  } while clock.now - start < .seconds(seconds) || times.count < 3
  return times.sorted()
}

func report(_ times: [Double]) -> String {
  func quantile(_ share: Double) -> Double { times[Int(share * Double(times.count - 1))] }
  return
    #"{"engine":"convnet","median_ms":\#(quantile(0.5)),"min_ms":\#(times[0]),"#
    + #""p90_ms":\#(quantile(0.9)),"runs":\#(times.count)}"#
}

let model = options["--model"] ?? "resnet18"
let entry = try Zoo.entry(model)
if let path = options["--save"] {
  try Model(zoo: model).save(to: path)
  exit(0)
}
let size = number("--size", entry.input[1])
let channels = number("--channels", entry.input[0])
let classes = number("--classes", entry.classes)
let batch = number("--batch", 1)
let engine = EngineOptions(
  threads: options["--threads"].flatMap(Int.init),
  algorithms: options["--algorithms"].flatMap(EngineOptions.Algorithms.init) ?? .automatic,
  precision: options["--precision"] == "bf16" ? .bfloat16 : .float32)
let module = try entry.make(
  classes: classes, channels: channels, size: Size2D(height: size, width: size))
let graph = try Graph(module, input: [channels, size, size]).reshaped(batch: batch)
var weights = graph.initialWeights(seed: 1)
if let path = options["--weights"] {
  let file = try SafetensorsFile(path: path)
  for name in weights.names { weights[name] = try file.tensor(named: name) }
}
var input = Initializer.normal(standardDeviation: 1).tensor(
  shape: [batch, channels, size, size], name: "input", seed: 2)
if let path = options["--input"] {
  input = try SafetensorsFile(path: path).tensor(named: "input")
}

let run: () -> Void
let plan: Plan
let executor: Executor
if options["--mode"] == "train" {
  let training = try TrainingGraph(graph, batch: batch)
  plan = try Plan(training.graph, purpose: .training, options: engine)
  executor = try Executor(plan, weights: weights)
  run = {
    executor.withInput(0) { buffer in
      input.withUnsafeBufferPointer { _ = buffer.update(fromContentsOf: $0) }
    }
    executor.withInput(training.targetPosition) { targets in
      for index in targets.indices { targets[index] = Float(index % classes) }
    }
    executor.run()
    // Plain SGD: what every peer's step does too.
    for (output, position) in training.trained.enumerated() {
      executor.withOutput(2 + output) { gradient in
        executor.withParameter(position) { parameter in
          for index in parameter.indices { parameter[index] -= 1e-4 * gradient[index] }
        }
      }
    }
  }
} else {
  plan = try Plan(graph, options: engine)
  executor = try Executor(plan, weights: weights)
  run = {
    executor.withInput(0) { buffer in
      input.withUnsafeBufferPointer { _ = buffer.update(fromContentsOf: $0) }
    }
    executor.run()
  }
  if let path = options["--output"] {
    let outputs = try executor.run([input])
    try SafetensorsFile.write(Weights([(name: "output", tensor: outputs[0])]), to: path)
  }
}
if options["--plan"] != nil { write("\(plan)") }

for _ in 0..<3 { run() }
if options["--steps"] != nil {
  let steps = executor.measureSteps(runs: 15)
  func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) * 1e-15
  }
  let total = steps.reduce(0) { $0 + milliseconds($1.median) }
  for step in steps.sorted(by: { $0.median > $1.median }) {
    let time = milliseconds(step.median)
    write("\(time) ms  \(Int(1000 * time / total)) per mille  \(step.name): \(step.kernel)")
  }
  write("\(total) ms in all steps")
}
if options["--serve"] == nil {
  write(report(measure(seconds: 2, run)))
} else {
  write("ready")
  while let line = readLine() { write(report(measure(seconds: Double(line) ?? 1, run))) }
}
