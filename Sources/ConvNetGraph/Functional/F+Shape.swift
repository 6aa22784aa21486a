extension F {
  /// The dimensions `startDim...endDim` made one: PyTorch's `torch.flatten` with `start_dim=1`.
  public static func flatten(_ input: Value, startDim: Int = 1, endDim: Int = -1) -> Value {
    input.applying(FlattenOperation(startDim: startDim, endDim: endDim))
  }

  /// The same numbers under another shape: PyTorch's `torch.reshape`.
  ///
  /// - Parameter shape: the sizes; 0 keeps the input's size at its place, and one -1 is computed.
  public static func reshape(_ input: Value, _ shape: [Int]) -> Value {
    input.applying(ReshapeOperation(shape))
  }

  /// Without a dimension of size 1: PyTorch's `torch.squeeze`.
  public static func squeeze(_ input: Value, dim: Int) -> Value {
    do throws(ConvNetError) {
      let position = try Dimension.checked(dim, of: input.shape, "squeeze")
      guard input.shape[position] == 1 else {
        throw ConvNetError(
          .invalidNetwork, "squeeze cannot drop dimension \(dim) of \(input.shape)",
          reason: "its size is \(input.shape[position]), not 1")
      }
      var sizes = input.shape.dimensions
      sizes.remove(at: position)
      return input.reshaped(like: Shape(sizes))
    } catch {
      return input.failing(error)
    }
  }

  /// With a new dimension of size 1 at a place: PyTorch's `torch.unsqueeze`.
  public static func unsqueeze(_ input: Value, dim: Int) -> Value {
    let places = Shape([Int](repeating: 1, count: input.shape.rank + 1))
    do throws(ConvNetError) {
      let position = try Dimension.checked(dim, of: places, "unsqueeze")
      var sizes = input.shape.dimensions
      sizes.insert(1, at: position)
      return input.reshaped(like: Shape(sizes))
    } catch {
      return input.failing(error)
    }
  }

  /// The dimensions in another order: PyTorch's `torch.permute`.
  public static func permute(_ input: Value, _ dims: [Int]) -> Value {
    input.applying(TransposeOperation(dims))
  }

  /// Two dimensions exchanged: PyTorch's `torch.transpose`.
  public static func transpose(_ input: Value, _ first: Int, _ second: Int) -> Value {
    do throws(ConvNetError) {
      let a = try Dimension.checked(first, of: input.shape, "transpose")
      let b = try Dimension.checked(second, of: input.shape, "transpose")
      var order = Array(0..<input.shape.rank)
      order.swapAt(a, b)
      return permute(input, order)
    } catch {
      return input.failing(error)
    }
  }

  /// Values put one behind the other along a dimension: PyTorch's `torch.cat`.
  ///
  /// - Parameters:
  ///   - values: at least one; equal in all other dimensions.
  ///   - dim: the dimension; 1 for channels.
  public static func cat(_ values: [Value], dim: Int) -> Value {
    Value.apply(ConcatOperation(dim: dim), to: values)[0]
  }

  /// A part along one dimension: Python's `x[start:end:step]`.
  public static func slice(
    _ input: Value, dim: Int, start: Int = 0, end: Int = Int.max, step: Int = 1
  ) -> Value {
    input.applying(
      SliceOperation([SliceOperation.Range(dim: dim, start: start, end: end, step: step)]))
  }

  /// A value cut into parts of given sizes along a dimension: PyTorch's `torch.split`.
  public static func split(_ input: Value, sizes: [Int], dim: Int) -> [Value] {
    do throws(ConvNetError) {
      let position = try Dimension.checked(dim, of: input.shape, "split")
      let sum = sizes.reduce(0) { $0.addingReportingOverflow($1).partialValue }
      guard sum == input.shape[position], sizes.allSatisfy({ (1...max(sum, 1)).contains($0) })
      else {
        throw ConvNetError(
          .invalidNetwork, "split cannot cut dimension \(dim) of \(input.shape) into \(sizes)",
          reason: "the sizes must be positive and add up to \(input.shape[position])")
      }
    } catch {
      return sizes.map { _ in input.failing(error) }
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(input, dim: dim, start: start, end: start + size)
    }
  }

  /// A value cut into parts of one size along a dimension, the last perhaps smaller: PyTorch's
  /// `torch.split`.
  public static func split(_ input: Value, size: Int, dim: Int) -> [Value] {
    do throws(ConvNetError) {
      let position = try Dimension.checked(dim, of: input.shape, "split")
      guard size >= 1 else {
        throw ConvNetError(
          .invalidNetwork, "split cannot cut into parts of size \(size)",
          reason: "it must be at least 1")
      }
      let length = input.shape[position]
      let sizes = stride(from: 0, to: length, by: size).map { min(size, length - $0) }
      return split(input, sizes: sizes, dim: position)
    } catch {
      return [input.failing(error)]
    }
  }
}
