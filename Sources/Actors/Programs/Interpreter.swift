/// Limits of what a program may use.
package struct ProgramLimits: Hashable, Sendable, Codable {
  /// How much fuel a program has. Each executed instruction uses one unit, and one more for each element of the list.
  package var fuel: Int
  /// The longest list that a program may make.
  package var length: Int

  package init(fuel: Int = 4096, length: Int = 64) {
    self.fuel = fuel
    self.length = length
  }
}

/// Why a program did not finish.
package enum ProgramFault: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  case outOfFuel(limit: Int)
  case outOfMemory(limit: Int)

  package var description: String {
    switch self {
    case .outOfFuel(let limit): "used up its fuel of \(limit)"
    case .outOfMemory(let limit): "made a list longer than \(limit)"
    }
  }
}

extension Program {
  /// Runs the program on `input`, and returns the list that it makes.
  ///
  /// A program reads and changes nothing but its list, and always ends: it finishes or reaches a limit. Elements of
  /// `input` are taken modulo 10.
  /// - Complexity: O(`limits.fuel`).
  package func run(on input: [Int], limits: ProgramLimits = ProgramLimits()) -> Result<[Int], ProgramFault> {
    guard input.count <= limits.length else { return .failure(.outOfMemory(limit: limits.length)) }
    var machine = Machine(list: input.map { ($0 % 10 + 10) % 10 }, fuel: limits.fuel, limits: limits)
    do throws(ProgramFault) {
      try machine.run(instructions)
      return .success(machine.list)
    } catch {
      return .failure(error)
    }
  }
}

private struct Machine {
  var list: [Int]
  var fuel: Int
  let limits: ProgramLimits

  mutating func run(_ instructions: [Instruction]) throws(ProgramFault) {
    for instruction in instructions {
      if case .loop(let times, let body) = instruction {
        try burn(1)
        for _ in 0..<times {
          try burn(1)
          try run(body)
        }
      } else {
        try burn(1 + list.count)
        if instruction == .duplicate, 2 * list.count > limits.length {
          throw .outOfMemory(limit: limits.length)
        }
        instruction.apply(to: &list)
      }
    }
  }

  private mutating func burn(_ amount: Int) throws(ProgramFault) {
    fuel -= amount
    if fuel < 0 { throw .outOfFuel(limit: limits.fuel) }
  }
}

extension Instruction {
  /// Performs an instruction that is no loop, on digits, without limits.
  func apply(to list: inout [Int]) {
    switch self {
    case .add(let i, let d):
      if list.indices.contains(i - 1) { list[i - 1] = (list[i - 1] + d) % 10 }
    case .swap(let i, let j):
      if list.indices.contains(i - 1), list.indices.contains(j - 1) { list.swapAt(i - 1, j - 1) }
    case .duplicate: list += list
    case .loop: preconditionFailure("loops are run by the machine, which counts fuel")
    }
  }
}
