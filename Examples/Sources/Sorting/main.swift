import Actors
import Sim
import TroupeCLI

// A task family, a tool, a credit estimator and a policy of the program's own, which scenarios/sorting.json5 names.
CommandLineTool.main { registry in
  let largest = ScenarioCatalogue.Option("largest", 9, in: 3...9)
  try registry.registerFamily("sorting", levels: 2...6, options: [largest]) { options in
    SortingFamily(largest: options["largest"] ?? 9)
  }
  try registry.registerTool("smallest", effect: WorkEffect(reads: .state, sets: .state)) { work in
    guard var digits = SortingFamily.Digits(parsing: work.state), let least = digits.values.min() else {
      throw WorkFault.toolFailed("\(work.state) is no list of digits")
    }
    digits.values = [least] + digits.values.filter { $0 != least }
    var result = work
    result.state = digits.text
    return result
  }
  try registry.registerEstimator("leave-one-out") { credit in
    LeaveOneOut(executorGrouping: credit.executorGrouping)
  }
  try registry.registerPolicy("clerk") { _, tokenizer in ClerkPolicy(tokenizer, SortingFamily(largest: 9)) }
}
