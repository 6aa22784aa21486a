/// One thing that a claim says, the rule that decides on it, and what came out.
///
/// The rule is part of the source and is fixed before anything runs; the result decides, not the
/// author.
package struct Check: Hashable, Sendable {
  /// What is claimed.
  package let statement: Bilingual
  /// When it counts as met.
  package let rule: Bilingual
  /// What was measured.
  package let measured: Bilingual
  /// Whether it is met.
  package let isMet: Bool
  /// Whether it is what the claim is about, rather than something beside it.
  package let isMain: Bool

  /// A check with a rule of its own.
  package init(
    _ statement: Bilingual, rule: Bilingual, measured: Bilingual, isMet: Bool, isMain: Bool = true
  ) {
    self.statement = statement
    self.rule = rule
    self.measured = measured
    self.isMet = isMet
    self.isMain = isMain
  }

  /// Something that must be so every time.
  package static func always(
    _ statement: Bilingual, right: Int, of count: Int, isMain: Bool = true
  ) -> Check {
    let numbers = "\(LabFormat.whole.text(Double(right)))/\(LabFormat.whole.text(Double(count)))"
    return Check(
      statement, rule: Bilingual("in every single case", "每一次都如此"),
      measured: Bilingual(same: numbers), isMet: count > 0 && right == count, isMain: isMain)
  }

  /// Something that must be at least, or at most, a number on the average over the seeds.
  package static func limit(
    _ statement: Bilingual, _ value: Measurement, _ bound: Bound, _ format: LabFormat,
    isMain: Bool = true
  ) -> Check {
    let (rule, isMet): (Bilingual, Bool) =
      switch bound {
      case .atLeast(let least):
        (
          Bilingual("mean at least ", "平均值至少 ") + Bilingual(same: format.text(least)),
          value.mean >= least
        )
      case .atMost(let most):
        (
          Bilingual("mean at most ", "平均值至多 ") + Bilingual(same: format.text(most)),
          value.mean <= most
        )
      }
    return Check(
      statement, rule: rule, measured: Bilingual(same: format.text(value)),
      isMet: isMet && value.mean.isFinite, isMain: isMain)
  }

  /// A limit for ``limit(_:_:_:_:isMain:)``.
  package enum Bound: Hashable, Sendable {
    case atLeast(Double)
    case atMost(Double)
  }

  /// A share that must be clearly higher than another one: by ``margin`` and beyond chance.
  package static func higher(
    _ statement: Bilingual, _ value: Measurement, than other: Measurement,
    margin: Double = Check.margin, isMain: Bool = true
  ) -> Check {
    let difference = value - other
    let points = LabFormat.decimals(1).text(margin * 100)
    return Check(
      statement,
      rule: Bilingual(
        "higher by at least \(points) points, and beyond chance between the seeds",
        "至少高 \(points) 个百分点，且超出种子之间的偶然差异"),
      measured: difference.inPoints, isMet: difference.isClearlyPositive(margin: margin),
      isMain: isMain)
  }

  /// A share that must not be clearly lower than another one.
  package static func notLower(
    _ statement: Bilingual, _ value: Measurement, than other: Measurement,
    margin: Double = Check.margin, isMain: Bool = true
  ) -> Check {
    let difference = value - other
    let points = LabFormat.decimals(1).text(margin * 100)
    return Check(
      statement,
      rule: Bilingual(
        "on the average not lower by more than \(points) points", "平均最多低 \(points) 个百分点"),
      measured: difference.inPoints, isMet: difference.mean >= -margin, isMain: isMain)
  }

  /// The difference between accuracies that is worth talking about: half a percentage point.
  package static let margin = 0.005
}

extension Measurement {
  /// A difference of shares in words.
  fileprivate var inPoints: Bilingual {
    let text = LabFormat.points.text(self)
    return Bilingual(text + " points", text + " 个百分点")
  }
}

/// What an experiment says about its claim.
package enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Every check is met.
  case holds
  /// Some are met.
  case partly
  /// None of the main checks is met.
  case doesNotHold

  /// The verdict that the checks lead to: the one rule for all experiments.
  package init(_ checks: [Check]) {
    if !checks.isEmpty, checks.allSatisfy(\.isMet) {
      self = .holds
    } else if checks.contains(where: { $0.isMain && $0.isMet }) {
      self = .partly
    } else {
      self = .doesNotHold
    }
  }

  /// The verdict in words.
  package var words: Bilingual {
    switch self {
    case .holds: Bilingual("holds", "成立")
    case .partly: Bilingual("holds partly", "部分成立")
    case .doesNotHold: Bilingual("does not hold here", "在此不成立")
    }
  }

  /// How it is found, for the pages.
  package static let rule = Bilingual(
    "It holds if every check is met, does not hold here if none of the main ones (◆) is, and holds "
      + "partly otherwise. The rules stand in the program's source and were there before the run.",
    "所有检查都通过为“成立”；主要检查（◆）一项也没有通过为“在此不成立”；其余为“部分成立”。"
      + "这些规则写在程序源码中，运行之前就已确定。")
}
