import ConvNetFormats
import Testing

/// Bytes that a protobuf encoder and TensorFlow's record writer make of the same events.
@Suite struct EventFileTests {
  private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func hasTheBytesOfTheFormat() {
    var file = EventFile(time: 1.5)
    let first = file.bytes
    #expect(
      hexadecimal(first)
        == "1800000000000000a37f4b22" + "09000000000000f83f1a0d627261696e2e4576656e743a32"
        + "2a28646c")
    file.add([("loss", 0.25), ("none", nil), ("a/b", 2)], step: 300, time: 2)
    #expect(
      hexadecimal(file.bytes.dropFirst(first.count))
        == "2700000000000000bbe1b146" + "09000000000000004010ac02" + "2a19"
        + "0a0b0a046c6f7373150000803e" + "0a0a0a03612f621500000040" + "a89680d3")
  }
}
