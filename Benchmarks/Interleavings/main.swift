import Foundation
import Interleavings

// Prints how many schedules each strategy needs to find each bug. `swift run -c release interleaving-ports` prints all;
// names of programs as arguments print these; `--rates` prints schedules a second, and `--reductions` how many schedules
// enumerate all orders.
let arguments = Array(CommandLine.arguments.dropFirst())
let names = arguments.filter { !$0.hasPrefix("--") }
let chosen = names.isEmpty ? Port.all : Port.all.filter { names.contains($0.name) }
if arguments.contains("--rates") {
  Rates.print()
} else if arguments.contains("--reductions") {
  Reductions.print(chosen)
} else {
  exit(PortTable(ports: chosen).print() ? 0 : 1)
}
