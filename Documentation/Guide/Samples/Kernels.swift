import ConvNet
import ConvNetExplain

func kernelByHand() async throws {
  struct VerticalEdge: Module {
    func forward(_ x: Value) -> Value {
      F.conv2d(x, weight: kernel)
    }
    let kernel: Tensor
  }
  let kernel = try Tensor([1, 1, 3, 3], [-1, 0, 1, -1, 0, 1, -1, 0, 1])

  // Dark on the left, bright on the right.
  let picture = try Tensor([1, 1, 3, 6], [2, 2, 2, 9, 9, 9, 2, 2, 2, 9, 9, 9, 2, 2, 2, 9, 9, 9])
  show("picture", picture)
  show("answer", try await apply(VerticalEdge(kernel: kernel), to: picture))
}

func kernelsOnPhoto() async throws {
  struct Filter: Module {
    func forward(_ x: Value) -> Value {
      F.conv2d(x, weight: kernel, padding: kernel.shape[2] / 2, paddingMode: .replicate)
    }
    let kernel: Tensor
  }
  // A bright disc on dark ground; its numbers add up to 0, so that an even area gives 0.
  var disc = Tensor([1, 1, 25, 25])
  for y in 0..<25 {
    for x in 0..<25 {
      let distance = (x - 12) * (x - 12) + (y - 12) * (y - 12)
      disc[0, 0, y, x] = distance < 144 ? 1 : 0
    }
  }
  let mean = disc.elements.reduce(0, +) / 625
  disc = try Tensor(disc.shape, disc.elements.map { $0 - mean })

  let kernels: [(name: String, kernel: Tensor)] = [
    ("vertical edge", try Tensor([1, 1, 3, 3], [-1, 0, 1, -1, 0, 1, -1, 0, 1])),
    ("horizontal edge", try Tensor([1, 1, 3, 3], [-1, -1, -1, 0, 0, 0, 1, 1, 1])),
    ("disc of 25 pixels", disc),
  ]
  let gray = try Image(path: "garden.png").converted(to: .gray).tensor()
  let input = try gray.reshaped(to: [1, 1, 80, 120])
  var maps: [Tensor] = []
  for (name, kernel) in kernels {
    let answer = try await apply(Filter(kernel: kernel), to: input)
    let best = answer.elements.indices.max { answer.elements[$0] < answer.elements[$1] } ?? 0
    print(
      "\(name): strongest \(short(answer.elements[best])) at row \(best / 120), column \(best % 120)"
    )
    maps.append(try strength(answer))
  }
  try save(strip(maps), to: "pictures/kernels.png", scale: 2)
}

func kernelsLearned() throws {
  let starter = try Model(bytes: StarterModel.bytes, name: StarterModel.name)
  guard let weight = starter.weights["conv1.weight"] else { return }
  print("conv1.weight", weight.shape)
  var kernel = Tensor([1, 1, 3, 3])
  for y in 0..<3 { for x in 0..<3 { kernel[0, 0, y, x] = weight[0, 0, y, x] } }
  show("the first of the 16", kernel)

  // Grey is 0, white the largest number, black the smallest.
  let largest = weight.elements.map(\.magnitude).max() ?? 1
  let maps = try (0..<16).map { number in
    let numbers = weight.elements[(number * 9)..<(number * 9 + 9)]
    return try Tensor([3, 3], numbers.map { 0.5 + 0.5 * $0 / largest })
  }
  try save(strip(maps, gap: 1), to: "pictures/kernels-learned.png", scale: 12)
}

func kernelSums() async throws {
  struct Filter: Module {
    func forward(_ x: Value) -> Value { F.conv2d(x, weight: kernel) }
    let kernel: Tensor
  }
  let even = Tensor([1, 1, 3, 3], repeating: 7)
  for (name, numbers) in [
    ("edge", [-1, 0, 1, -1, 0, 1, -1, 0, 1]), ("sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0]),
  ] as [(String, [Float])] {
    let kernel = try Tensor([1, 1, 3, 3], numbers)
    let answer = try await apply(Filter(kernel: kernel), to: even)
    print("\(name): the kernel adds up to \(short(numbers.reduce(0, +))), ", terminator: "")
    print("an even area of 7 gives \(short(answer[0, 0, 0, 0]))")
  }
}
