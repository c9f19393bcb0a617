import Foundation
import Interleavings

// Prints how many schedules each strategy needs to find each bug. `swift run -c release interleaving-ports` prints all;
// names of programs as arguments print these; `--rates` prints schedules a second, and `--reductions` how many schedules
// enumerate all orders.
let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.contains("--rates") {
  Rates.print()
} else if arguments.contains("--reductions") {
  Reductions.print()
} else {
  let chosen = arguments.isEmpty ? Port.all : Port.all.filter { arguments.contains($0.name) }
  exit(PortTable(ports: chosen).print() ? 0 : 1)
}
