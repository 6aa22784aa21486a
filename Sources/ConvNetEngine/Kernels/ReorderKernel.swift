internal import ConvNetGraph

/// Changes a value's layout; one task is one image.
struct ReorderKernel: Kernel {
  let shape: Shape
  let to: Layout
  let vectorLength: Int

  init(shape: Shape, to layout: Layout, table: KernelTable) {
    self.shape = shape
    self.to = layout
    self.vectorLength = table.vectorLength
  }

  var taskCounts: [Int] { [shape[0]] }
  var summary: String { to == .blocked ? "plain to blocked" : "blocked to plain" }

  func run(phase: Int, task: Int, _ memory: KernelMemory) {
    let (channels, plane) = (shape[1], shape[2] * shape[3])
    let blocks = (channels + vectorLength - 1) / vectorLength
    let plainStart = task * channels * plane
    let blockedStart = task * blocks * vectorLength * plane
    for channel in 0..<blocks * vectorLength {
      let (block, lane) = (channel / vectorLength, channel % vectorLength)
      let blocked = blockedStart + block * vectorLength * plane + lane
      if to == .blocked {
        for position in 0..<plane {
          memory.output(0)[blocked + position * vectorLength] =
            channel < channels ? memory.input(0)[plainStart + channel * plane + position] : 0
        }
      } else if channel < channels {
        for position in 0..<plane {
          memory.output(0)[plainStart + channel * plane + position] =
            memory.input(0)[blocked + position * vectorLength]
        }
      }
    }
  }
}
