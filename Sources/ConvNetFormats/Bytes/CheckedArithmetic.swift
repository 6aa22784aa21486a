/// The product of sizes, or nil where it does not fit or a size is negative.
///
/// Sizes from a file may be anything; a plain `*` would trap on them.
func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  for factor in factors {
    guard factor >= 0 else { return nil }
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    product = next
  }
  return product
}

/// The sum of sizes, or nil where it does not fit or a size is negative.
func checkedSum(_ terms: some Sequence<Int>) -> Int? {
  var sum = 0
  for term in terms {
    guard term >= 0 else { return nil }
    let (next, overflow) = sum.addingReportingOverflow(term)
    guard !overflow else { return nil }
    sum = next
  }
  return sum
}
