/// How a parameter gets its first numbers.
public enum Initializer: Sendable {
  /// Every element the same number.
  case constant(Float)
  /// Evenly distributed over -bound..<bound.
  case uniform(bound: Float)
  /// Normally distributed around 0.
  case normal(standardDeviation: Float)
  /// The given numbers.
  case tensor(Tensor)

  /// PyTorch's default for `Conv2d` and `Linear`: `kaiming_uniform_(a=sqrt(5))`, which is uniform
  /// within 1/sqrt(fanIn).
  ///
  /// - Parameter fanIn: the inputs of one output: C_in/groups * K_h * K_w, or `inFeatures`.
  public static func torchDefault(fanIn: Int) -> Initializer {
    .uniform(bound: 1 / Float(max(fanIn, 1)).squareRoot())
  }

  /// Kaiming's normal initialisation for a ReLU network: standard deviation sqrt(2/fan).
  ///
  /// Source: He et al., "Delving deep into rectifiers" (2015); PyTorch's `kaiming_normal_`.
  public static func kaimingNormal(fan: Int) -> Initializer {
    .normal(standardDeviation: (2 / Float(max(fan, 1))).squareRoot())
  }

  /// Kaiming's uniform initialisation for a ReLU network: bound sqrt(6/fan).
  public static func kaimingUniform(fan: Int) -> Initializer {
    .uniform(bound: (6 / Float(max(fan, 1))).squareRoot())
  }

  /// The numbers for a parameter of this shape and name.
  public func tensor(shape: Shape, name: String, seed: UInt64) -> Tensor {
    let random = CounterRandom(seed: seed, stream: name)
    switch self {
    case .tensor(let tensor): return tensor
    case .constant(let value): return Tensor(shape, repeating: value)
    case .uniform(let bound):
      return Tensor(uninitialized: shape) { buffer in
        for index in buffer.indices {
          buffer[index] = Float(2 * random.uniform(at: UInt64(index)) - 1) * bound
        }
      }
    case .normal(let deviation):
      return Tensor(uninitialized: shape) { buffer in
        for index in buffer.indices {
          buffer[index] = Float(random.normal(at: UInt64(index))) * deviation
        }
      }
    }
  }
}

extension Initializer: Codable {
  private enum CodingKeys: String, CodingKey { case constant, uniform, normal, given }

  /// Writes the rule; the numbers of a given tensor are not part of it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .constant(let value): try container.encode(value, forKey: .constant)
    case .uniform(let bound): try container.encode(bound, forKey: .uniform)
    case .normal(let deviation): try container.encode(deviation, forKey: .normal)
    case .tensor(let tensor): try container.encode(tensor.shape, forKey: .given)
    }
  }

  /// Reads a rule; given numbers come from the weights that belong to the graph.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let value = try container.decodeIfPresent(Float.self, forKey: .constant) {
      self = .constant(value)
    } else if let bound = try container.decodeIfPresent(Float.self, forKey: .uniform) {
      self = .uniform(bound: bound)
    } else if let deviation = try container.decodeIfPresent(Float.self, forKey: .normal) {
      self = .normal(standardDeviation: deviation)
    } else {
      self = .constant(0)
    }
  }
}
