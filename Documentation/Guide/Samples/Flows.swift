import ConvNet
import ConvNetExplain
import Foundation

func flowNetwork() throws {
  struct Net: Module {
    let conv1 = Conv2d(inChannels: 3, outChannels: 64, kernelSize: 3, padding: 1)
    let bn1 = BatchNorm2d(64)
    let conv2 = Conv2d(inChannels: 64, outChannels: 128, kernelSize: 3, padding: 1)
    let bn2 = BatchNorm2d(128)
    let fc = Linear(128, 10)

    func forward(_ x: Value) -> Value {
      var x = F.relu(bn1(conv1(x)))  // look for features, keep what was found
      x = F.maxPool2d(x, kernelSize: 2, stride: 2)  // half the size
      x = F.relu(bn2(conv2(x)))  // features of features
      x = F.globalAvgPool2d(x)  // how much of each, wherever it is
      return fc(F.flatten(x))  // a score for each class
    }
  }
  let model = try Model(Net(), input: [3, 32, 32])
  for node in model.graph.nodes {
    print(node.name, model.graph.shape(node.outputs[0]))
  }
}

func flowScores() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  let run = try starter.explain(Image(path: "shirt.png"))
  let scores = run.scores.elements.map(Double.init)
  let powers = scores.map(exp)
  let total = powers.reduce(0, +)
  for index in run.ranking(3) {
    let share = short(Float(powers[index] / total))
    print("\(starter.label(index)): score \(short(Float(scores[index]))), share \(share)")
  }
  print("all shares together:", short(Float(powers.reduce(0) { $0 + $1 / total })))
}

func flowAnswer() {
  let scores = [2.0, 1.0, 0.0]
  let total = scores.map(exp).reduce(0, +)
  print(scores.map { short(Float(exp($0) / total)) })
  let larger = scores.map { $0 + 100 }
  let largest = larger.max() ?? 0
  let powers = larger.map { exp($0 - largest) }
  print(powers.map { short(Float($0 / powers.reduce(0, +))) })
}
