internal import CConvNetKernels
import Testing

@Suite struct GemmTests {
  struct Size: CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var depth: Int
    var testDescription: String { "\(rows)x\(columns)x\(depth)" }
  }

  static let sizes: [Size] = [
    Size(rows: 1, columns: 10, depth: 512), Size(rows: 64, columns: 120, depth: 400),
    Size(rows: 1, columns: 1, depth: 1), Size(rows: 15, columns: 33, depth: 7),
    Size(rows: 3, columns: 16, depth: 2050), Size(rows: 130, columns: 49, depth: 65),
    Size(rows: 29, columns: 97, depth: 1025), Size(rows: 200, columns: 64, depth: 128),
  ]

  @Test(arguments: sizes) func agreesWithLoops(size: Size) {
    let (m, n, k) = (size.rows, size.columns, size.depth)
    var random = SeededRandom(seed: UInt64(m * n + k))
    let a = random.floats(m * k)
    let b = random.floats(k * n)
    let bias = random.floats(n)
    var expected = [Sum](repeating: Sum(), count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for l in 0..<k { expected[i * n + j] += Double(a[i * k + l]) * Double(b[l * n + j]) }
        expected[i * n + j] += Double(bias[j])
        expected[i * n + j].value = max(expected[i * n + j].value, 0)
      }
    }
    let aTransposed = (0..<k * m).map { a[$0 % m * k + $0 / m] }
    let bTransposed = (0..<n * k).map { b[$0 % k * n + $0 / k] }
    for table in availableTables() {
      var results: [[Float]] = []
      for variant in 0..<8 {
        let request = cn_gemm_request(
          rows: Int32(m), columns: Int32(n), depth: Int32(k), a_transposed: variant & 1 != 0,
          b_transposed: variant & 2 != 0, constant_b: variant & 4 != 0, precision: CN_FLOAT32)
        let result = run(
          table, request, a: request.a_transposed ? aTransposed : a,
          b: request.b_transposed ? bTransposed : b, bias: bias)
        #expect(
          worstError(result, expected, terms: k + 1) <= 1,
          "\(String(cString: table.pointee.isa)) \(size.testDescription) variant \(variant)")
        results.append(result)
      }
      // How the operands are stored and in what order tasks run changes no bit.
      for result in results { #expect(result == results[0]) }
    }
  }

  @Test(arguments: sizes) func bfloat16FactorsAgreeWithLoops(size: Size) {
    let (m, n, k) = (size.rows, size.columns, size.depth)
    var random = SeededRandom(seed: UInt64(m * n + k) + 1)
    let a = random.floats(m * k)
    let b = random.floats(k * n)
    let bias = random.floats(n)
    let (roundedA, roundedB) = (a.bfloat16, b.bfloat16)
    var expected = [Sum](repeating: Sum(), count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for l in 0..<k {
          expected[i * n + j] += Double(roundedA[i * k + l]) * Double(roundedB[l * n + j])
        }
        expected[i * n + j] += Double(bias[j])
        expected[i * n + j].value = max(expected[i * n + j].value, 0)
      }
    }
    let aTransposed = (0..<k * m).map { a[$0 % m * k + $0 / m] }
    let bTransposed = (0..<n * k).map { b[$0 % k * n + $0 / k] }
    for table in availableTables() {
      var results: [[Float]] = []
      for precision in bfloat16Precisions {
        for variant in 0..<8 {
          let request = cn_gemm_request(
            rows: Int32(m), columns: Int32(n), depth: Int32(k), a_transposed: variant & 1 != 0,
            b_transposed: variant & 2 != 0, constant_b: variant & 4 != 0, precision: precision)
          let result = run(
            table, request, a: request.a_transposed ? aTransposed : a,
            b: request.b_transposed ? bTransposed : b, bias: bias)
          #expect(
            worstError(result, expected, terms: k + 1) <= 1,
            "\(String(cString: table.pointee.isa)) \(size.testDescription) variant \(variant)")
          results.append(result)
        }
      }
      for result in results { #expect(result == results[0]) }
    }
  }

  private func run(
    _ table: UnsafePointer<cn_kernel_table>, _ request: cn_gemm_request, a: [Float], b: [Float],
    bias: [Float]
  ) -> [Float] {
    let kernels = table.pointee.gemm.pointee
    var request = request
    var plan = cn_gemm_plan()
    #expect(kernels.plan(&request, &plan) == CN_OK)
    let c = AlignedFloats(count: request.rows.int * request.columns.int)
    let packed = AlignedFloats(count: Int(plan.packed_bytes / 4))
    let workspace = AlignedFloats(count: Int(plan.workspace_bytes / 4))
    let order: TaskOrder = request.constant_b ? .scattered : .ascending
    for task in order.permute(plan.pack_tasks) { kernels.pack(&plan, task, b, packed.base) }
    let inputs = (AlignedFloats(a), AlignedFloats(b), AlignedFloats(bias))
    var arguments = cn_gemm_arguments(
      a: inputs.0.base, b: inputs.1.base, packed_b: packed.base, c: c.base, bias: inputs.2.base,
      low: 0, high: .infinity, workspace: workspace.base)
    withExtendedLifetime(inputs) {
      for phase in 0..<plan.phases {
        for task in order.permute(cn_gemm_tasks(&plan, phase)) {
          let scratch = AlignedFloats(count: Int((plan.thread_scratch_bytes + 3) / 4))
          kernels.run(&plan, phase, task, &arguments, scratch.base)
          #expect(scratch.marginIsIntact)
        }
      }
    }
    #expect(c.marginIsIntact && packed.marginIsIntact && workspace.marginIsIntact)
    return c.values
  }

  @Test func columnSums() {
    var random = SeededRandom(seed: 3)
    let (rows, columns) = (19, 43)
    let matrix = random.floats(rows * columns)
    var expected = [Sum](repeating: Sum(), count: columns)
    for i in matrix.indices { expected[i % columns] += Double(matrix[i]) }
    for table in availableTables() {
      var sums = [Float](repeating: .nan, count: columns)
      table.pointee.gemm.pointee.column_sums(matrix, Int32(rows), Int32(columns), 0, 20, &sums)
      table.pointee.gemm.pointee.column_sums(
        matrix, Int32(rows), Int32(columns), 20, Int32(columns), &sums)
      #expect(worstError(sums, expected, terms: rows) <= 1)
    }
  }

  @Test func emptyMatricesAreRefused() throws {
    let table = try #require(cn_kernels_for("portable"))
    var request = cn_gemm_request()
    (request.rows, request.columns, request.depth) = (4, 0, 4)
    var plan = cn_gemm_plan()
    #expect(table.pointee.gemm.pointee.plan(&request, &plan) == CN_INVALID)
  }
}
