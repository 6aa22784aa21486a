import ConvNet

func drawGarden() throws {
  let (width, height) = (120, 80)
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      let isSun = (x - 84) * (x - 84) + (y - 20) * (y - 20) < 144
      let isPost = (36..<70).contains(y) && (6..<10).contains(x % 20)
      let isRail = (44..<48).contains(y)
      if isSun {
        pixels += [255, 214, 90]
      } else if isPost || isRail {
        pixels += [120, 80, 50]
      } else if y >= 62 {
        pixels += [96, 150, 72]
      } else {
        pixels += [UInt8(40 + y), UInt8(100 + y), 190]
      }
    }
  }
  let garden = try Image(width: width, height: height, channels: 3, pixels: pixels)
  try save(garden, to: "garden.png")
  try save(garden, to: "pictures/garden.png", scale: 4)
  print("garden.png: \(garden.width) x \(garden.height), \(garden.channels) channels")
}

func drawShirt() throws {
  let size = 112
  var pixels = [UInt8](repeating: 0, count: size * size)
  for y in 14..<100 {
    for x in 0..<size {
      let fromMiddle = abs(2 * x + 1 - size)
      let isBody = fromMiddle < 56
      let isSleeve = (14..<46).contains(y) && fromMiddle < 56 + 2 * (y - 8) && fromMiddle < 100
      let isNeck = y < 22 && fromMiddle < 22
      guard isBody || isSleeve, !isNeck else { continue }
      let isStripe = isBody && (52..<60).contains(y)
      pixels[y * size + x] = isStripe ? 90 : UInt8(225 - y / 2)
    }
  }
  let shirt = try Image(width: size, height: size, channels: 1, pixels: pixels)
  try save(shirt, to: "shirt.png")
  try save(shirt, to: "pictures/shirt.png", scale: 3)
  print("shirt.png: \(shirt.width) x \(shirt.height), \(shirt.channels) channel")
}
