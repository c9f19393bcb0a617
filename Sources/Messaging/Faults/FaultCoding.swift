/// The coding of faults and plans in the log. `docs/log-format.md` describes it byte by byte.
extension ByteWriter {
  mutating func write(_ plan: EpisodePlan) {
    write(plan.choices) { writer, choice in
      writer.write(choice.event)
      writer.write(choice.index)
    }
    write(plan.faults) { writer, fault in
      writer.write(fault.place)
      writer.write(fault.effect)
    }
  }

  mutating func write(_ jobs: [EpisodePlan.JobChoice]) {
    write(jobs) { writer, choice in
      writer.write(choice.event)
      writer.write(choice.job)
      writer.write(choice.index)
    }
  }

  mutating func write(_ plan: FaultPlan) {
    write(plan.timeline) { $0.write($1) }
    let rates = plan.rates
    write(rates.isZero ? nil : rates) { writer, rates in
      for rate in [
        rates.drop, rates.duplicate, rates.delay, rates.reorder, rates.isolate, rates.crash, rates.fail,
        rates.slow,
      ] { writer.write(rate.bitPattern) }
      writer.write(rates.delays)
      writer.write(rates.restartAfter) { $0.write($1) }
      writer.write(rates.slowness)
      writer.write(rates.most)
    }
  }

  private mutating func write(_ effect: FaultEffect) {
    switch effect {
    case .drop: write(byte: 0)
    case .duplicate: write(byte: 1)
    case .delay(let duration):
      write(byte: 2)
      write(duration)
    case .reorder(let duration):
      write(byte: 3)
      write(duration)
    case .isolate(let duration):
      write(byte: 4)
      write(duration)
    case .crash(let restart):
      write(byte: 5)
      write(restart) { $0.write($1) }
    case .fail: write(byte: 6)
    case .slow(let factor):
      write(byte: 7)
      write(factor)
    }
  }

  private mutating func write(_ fault: Fault) {
    switch fault {
    case .message(let effect, let from, let to, let nth, let after):
      write(byte: 0)
      write(effect)
      write(from)
      write(to)
      write(nth)
      write(after)
    case .crash(let actor, let time, let restart):
      write(byte: 1)
      write(actor)
      write(time)
      write(restart) { $0.write($1) }
    case .partition(let groups, let start, let end):
      write(byte: 2)
      write(groups) { writer, group in writer.write(group) { $0.write($1) } }
      write(start)
      write(end)
    case .failure(let name, let actor, let nth, let after):
      write(byte: 3)
      write(name)
      write(actor) { $0.write($1) }
      write(nth)
      write(after)
    case .slowness(let actor, let factor, let start, let end):
      write(byte: 4)
      write(actor) { $0.write($1) }
      write(factor)
      write(start)
      write(end)
    }
  }

  private mutating func write(_ distribution: DelayDistribution) {
    switch distribution {
    case .fixed(let duration):
      write(byte: 0)
      write(duration)
    case .uniform(let least, let most):
      write(byte: 1)
      write(least)
      write(most)
    }
  }
}

extension ByteReader {
  mutating func plan() throws(MalformedRecord) -> EpisodePlan {
    EpisodePlan(
      choices: try list { reader throws(MalformedRecord) in
        EpisodePlan.Choice(event: try reader.count(), index: try reader.count())
      },
      faults: try list { reader throws(MalformedRecord) in
        StruckFault(place: try reader.count(), effect: try reader.effect())
      })
  }

  mutating func jobChoices() throws(MalformedRecord) -> [EpisodePlan.JobChoice] {
    try list { reader throws(MalformedRecord) in
      EpisodePlan.JobChoice(event: try reader.count(), job: try reader.count(), index: try reader.count())
    }
  }

  mutating func faultPlan() throws(MalformedRecord) -> FaultPlan {
    FaultPlan(
      timeline: try list { reader throws(MalformedRecord) in try reader.fault() },
      rates: try optional { reader throws(MalformedRecord) in try reader.rates() } ?? FaultRates())
  }

  private mutating func rates() throws(MalformedRecord) -> FaultRates {
    var rates = FaultRates()
    for rate in [
      \FaultRates.drop, \.duplicate, \.delay, \.reorder, \.isolate, \.crash, \.fail, \.slow,
    ] {
      let value = Double(bitPattern: try integer())
      guard (0...1).contains(value) else { throw malformed("a rate within 0...1") }
      rates[keyPath: rate] = value
    }
    rates.delays = try distribution()
    rates.restartAfter = try optional { reader throws(MalformedRecord) in try reader.distribution() }
    rates.slowness = try count()
    rates.most = try count()
    guard !rates.isZero else { throw malformed("a rate above 0, or none at all") }
    return rates
  }

  private mutating func distribution() throws(MalformedRecord) -> DelayDistribution {
    switch try byte() {
    case 0: .fixed(try duration())
    case 1: .uniform(try duration(), try duration())
    default: throw malformed("a distribution")
    }
  }

  private mutating func effect() throws(MalformedRecord) -> FaultEffect {
    switch try byte() {
    case 0: .drop
    case 1: .duplicate
    case 2: .delay(try duration())
    case 3: .reorder(try duration())
    case 4: .isolate(try duration())
    case 5: .crash(restartAfter: try optionalDuration())
    case 6: .fail
    case 7: .slow(try count())
    default: throw malformed("an effect of a fault")
    }
  }

  private mutating func optionalDuration() throws(MalformedRecord) -> Duration? {
    try optional { reader throws(MalformedRecord) in try reader.duration() }
  }

  private mutating func fault() throws(MalformedRecord) -> Fault {
    switch try byte() {
    case 0:
      .message(
        try effect(), from: try text(), to: try text(), nth: try count(), after: try duration())
    case 1: .crash(try text(), at: try duration(), restartAfter: try optionalDuration())
    case 2:
      .partition(
        try list { reader throws(MalformedRecord) in
          try reader.list { reader throws(MalformedRecord) in try reader.text() }
        }, from: try duration(), until: try duration())
    case 3:
      .failure(of: try text(), by: try optionalText(), nth: try count(), after: try duration())
    case 4:
      .slowness(by: try optionalText(), factor: try count(), from: try duration(), until: try duration())
    default: throw malformed("a fault")
    }
  }
}
