// Whole-set accuracy of published weights on CIFAR-10's binary files, to compare with what PyTorch
// gives for the same files:
//
//   swift run -c release --package-path Benchmarks accuracy NETWORK WEIGHTS FILE.bin...
//
// NETWORK is one of the zoo for 32x32 pictures, WEIGHTS a state dict (.pth, .th, safetensors) trained
// with torchvision's means and deviations. Prints one JSON line.

import ConvNet

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3 else {
  print("usage: accuracy NETWORK WEIGHTS FILE.bin...")
  throw ConvNetError(.invalidArgument, "\(arguments.count) arguments given")
}
var model = try Model(zoo: arguments[0])
try model.load(arguments[1])
model.preprocessing.mean = [0.485, 0.456, 0.406]
model.preprocessing.standardDeviation = [0.229, 0.224, 0.225]

let images = try CIFARImages(paths: Array(arguments[2...]), variant: .cifar10)
let clock = ContinuousClock()
let start = clock.now
let evaluation = try model.evaluate(on: images)
let seconds = start.duration(to: clock.now) / .seconds(1)
let correct = Int((evaluation.accuracy * Double(images.count)).rounded())
print(
  "{\"correct\":\(correct),\"of\":\(images.count),\"mean_ce\":\(evaluation.loss),"
    + "\"seconds\":\(seconds)}")
