internal import CConvNetKernels

/// A number and the sum of the magnitudes it was added up from, which bounds the rounding error.
struct Sum {
  var value = 0.0
  var magnitude = 0.0

  static func += (sum: inout Sum, term: Double) {
    sum.value += term
    sum.magnitude += term.magnitude
  }
}

/// The three directions of a convolution as plain float64 loops over row-major arrays.
struct ConvolutionReference {
  let problem: cn_convolution_problem
  let outHeight: Int
  let outWidth: Int

  init(_ problem: cn_convolution_problem) {
    self.problem = problem
    func size(_ n: Int32, _ k: Int32, _ s: Int32, _ before: Int32, _ after: Int32, _ d: Int32)
      -> Int
    {
      Int((n + before + after - d * (k - 1) - 1) / s + 1)
    }
    outHeight = size(
      problem.height, problem.kernel_height, problem.stride_height, problem.pad_top,
      problem.pad_bottom, problem.dilation_height)
    outWidth = size(
      problem.width, problem.kernel_width, problem.stride_width, problem.pad_left,
      problem.pad_right, problem.dilation_width)
  }

  var inputCount: Int { problem.batch.int * problem.channels.int * inputPlane }
  var outputCount: Int { problem.batch.int * problem.out_channels.int * outHeight * outWidth }
  var weightCount: Int {
    problem.out_channels.int * channelsPerGroup * problem.kernel_height.int
      * problem.kernel_width.int
  }
  var inputPlane: Int { problem.height.int * problem.width.int }
  var channelsPerGroup: Int { (problem.channels / problem.groups).int }

  /// Calls `body` with the offsets of x, weight and y for every product of the convolution.
  private func forEachProduct(_ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
    let p = problem
    let (height, width) = (p.height.int, p.width.int)
    let outPerGroup = (p.out_channels / p.groups).int
    for n in 0..<p.batch.int {
      for o in 0..<p.out_channels.int {
        for c in 0..<channelsPerGroup {
          let channel = o / outPerGroup * channelsPerGroup + c
          for ky in 0..<p.kernel_height.int {
            for kx in 0..<p.kernel_width.int {
              let weight =
                ((o * channelsPerGroup + c) * p.kernel_height.int + ky) * p.kernel_width.int + kx
              for oy in 0..<outHeight {
                let iy = oy * p.stride_height.int + ky * p.dilation_height.int - p.pad_top.int
                guard iy >= 0, iy < height else { continue }
                let row = ((n * p.channels.int + channel) * height + iy) * width
                let outRow = ((n * p.out_channels.int + o) * outHeight + oy) * outWidth
                for ox in 0..<outWidth {
                  let ix = ox * p.stride_width.int + kx * p.dilation_width.int - p.pad_left.int
                  guard ix >= 0, ix < width else { continue }
                  body(row + ix, weight, outRow + ox)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(x: [Float], weights: [Float]) -> [Sum] {
    var y = [Sum](repeating: Sum(), count: outputCount)
    forEachProduct { y[$2] += Double(x[$0]) * Double(weights[$1]) }
    return y
  }

  func backwardData(dy: [Float], weights: [Float]) -> [Sum] {
    var dx = [Sum](repeating: Sum(), count: inputCount)
    forEachProduct { dx[$0] += Double(dy[$2]) * Double(weights[$1]) }
    return dx
  }

  func backwardWeights(x: [Float], dy: [Float]) -> [Sum] {
    var dw = [Sum](repeating: Sum(), count: weightCount)
    forEachProduct { dw[$1] += Double(x[$0]) * Double(dy[$2]) }
    return dw
  }

  func backwardBias(dy: [Float]) -> [Sum] {
    let plane = outHeight * outWidth
    var db = [Sum](repeating: Sum(), count: problem.out_channels.int)
    for i in dy.indices { db[i / plane % problem.out_channels.int] += Double(dy[i]) }
    return db
  }
}

extension Int32 {
  /// The number as `Int`.
  var int: Int { Int(self) }
}
