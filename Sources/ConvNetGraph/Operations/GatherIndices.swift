/// Where each number of an output comes from, for operations that only move numbers.
///
/// Slicing, padding, transposing and repeating are all of the form "output dimension d at i reads
/// the input at some offset", with the offsets of the dimensions added up.
enum GatherIndices {
  /// The input index for every output element in row-major order, -1 for none.
  ///
  /// - Parameter offsets: for each output dimension and each position along it, what it adds to the
  ///   input index; negative where nothing is read.
  static func indices(_ offsets: [[Int]]) -> [Int] {
    offsets.reduce([0]) { outer, inner in
      var result: [Int] = []
      result.reserveCapacity(outer.count * inner.count)
      for base in outer {
        for offset in inner { result.append(base < 0 || offset < 0 ? -1 : base + offset) }
      }
      return result
    }
  }

  /// The offsets of a dimension that is read as it is.
  static func plain(_ size: Int, stride: Int) -> [Int] { (0..<size).map { $0 * stride } }
}

extension ReferenceArray {
  /// The numbers at these indices, and a filling where the index is negative.
  func gathered(_ indices: [Int], shape: Shape, filling: Scalar = 0) -> ReferenceArray {
    ReferenceArray(shape, indices.map { $0 < 0 ? filling : elements[$0] })
  }

  /// Each number added to the place that it was gathered from: the gradient of gathering.
  func scattered(_ indices: [Int], shape: Shape) -> ReferenceArray {
    var sums = ReferenceArray(shape)
    for (index, element) in zip(indices, elements) where index >= 0 {
      sums.elements[index] += element
    }
    return sums
  }
}
