import ConvNetGraph
import Testing

@testable import ConvNetFormats

@Suite struct ByteReaderTests {
  @Test func readsBothOrders() throws {
    var reader = ByteReader(FileBytes([1, 2, 3, 4, 5, 6, 7, 8, 9], name: "x"))
    #expect(try reader.littleEndian(UInt16.self, "a") == 0x0201)
    #expect(try reader.bigEndian(UInt32.self, "b") == 0x0304_0506)
    #expect(reader.remaining == 3)
    #expect(try reader.array(2, "c") == [7, 8])
    #expect(try reader.byte("d") == 9)
    expectError(
      .invalidData, "x: ends inside the rest\n  1 bytes are needed at byte 9, 0 are left"
    ) { try reader.byte("the rest") }
  }

  @Test func refusesEveryReadBeyondTheEnd() throws {
    for count in 0..<8 {
      var reader = ByteReader(FileBytes([UInt8](repeating: 0, count: count), name: "x"))
      #expect(throws: (any Error).self) { try reader.littleEndian(UInt64.self, "n") }
      #expect(reader.offset == 0)
      #expect(throws: (any Error).self) { try reader.take(count + 1, "n") }
      #expect(throws: (any Error).self) { try reader.take(-1, "n") }
      #expect(throws: (any Error).self) { try reader.take(.max, "n") }
      #expect(throws: (any Error).self) { try reader.seek(to: count + 1, "n") }
      #expect(throws: (any Error).self) { try reader.seek(to: .min, "n") }
    }
  }

  @Test func sizesThatNoIntHoldsAreRefused() {
    var reader = ByteReader(FileBytes([UInt8](repeating: 255, count: 8), name: "x"))
    expectError(.invalidData, "x: the size is 18446744073709551615, which is too large") {
      try reader.littleEndianSize("the size")
    }
  }

  @Test func productsAndSumsAreChecked() {
    #expect(checkedProduct([3, 4, 5]) == 60)
    #expect(checkedProduct([]) == 1)
    #expect(checkedProduct([1 << 62, 4]) == nil)
    #expect(checkedProduct([0, .max]) == 0)
    #expect(checkedProduct([-1, 1]) == nil)
    #expect(checkedSum([.max, 1]) == nil)
    #expect(checkedSum([1, 2]) == 3)
  }

  @Test func checksumIsTheStandardOne() {
    // The check value of CRC-32 in the catalogue of parametrised CRC algorithms.
    let digits = Array("123456789".utf8)
    #expect(digits.withUnsafeBytes { CRC32.of($0) } == 0xCBF4_3926)
    let long = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
    var pieces = CRC32()
    for start in stride(from: 0, to: 1_000, by: 37) {
      Array(long[start..<min(1_000, start + 37)]).withUnsafeBytes { pieces.update($0) }
    }
    #expect(pieces.value == long.withUnsafeBytes { CRC32.of($0) })
  }
}
