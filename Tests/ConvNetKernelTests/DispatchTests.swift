internal import CConvNetKernels
import Testing

/// The tables that this processor can run, best first.
func availableTables() -> [UnsafePointer<cn_kernel_table>] {
  var tables: [UnsafePointer<cn_kernel_table>] = []
  while let table = cn_available_kernels(Int32(tables.count)) { tables.append(table) }
  return tables
}

/// The names of the instruction sets that this processor can run, best first.
let availableISAs: [String] = availableTables().map { String(cString: $0.pointee.isa) }

@Suite struct DispatchTests {
  @Test func portableIsAlwaysThereAndLast() {
    #expect(availableISAs.last == "portable")
  }

  @Test(arguments: availableISAs) func tableIsFoundByName(isa: String) throws {
    let table = try #require(cn_kernels_for(isa))
    #expect(String(cString: table.pointee.isa) == isa)
    let lengths: [String: Int32] = ["avx512": 16, "avx2": 8, "portable": 4]
    #expect(table.pointee.vector_length == lengths[isa])
  }

  @Test func unknownNameIsRefused() {
    #expect(cn_kernels_for("avx1024") == nil)
    #expect(cn_kernels_for("") == nil)
  }
}
