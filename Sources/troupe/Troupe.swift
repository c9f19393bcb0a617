import TroupeBenchmarks
import TroupeCLI

@main
struct Troupe {
  static func main() { CommandLineTool.main(verbs: [.bench]) }
}
