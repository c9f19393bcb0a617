import Foundation
import Interleavings

/// The end of an exploration by ^C.
enum Interruption {
  /// Prints what was found so far, and ends the process as the interrupt would have done.
  static func report(_ test: String, _ coverage: InterleavingCoverage, _ plan: InterleavingPlan?) {
    var text = "\n\(test) was interrupted after \(coverage)\n"
    if let plan { text += "it fails: \(ReplayRequest.variable)='\(test):\(plan)'\n" }
    FileHandle.standardError.write(Data(text.utf8))
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
  }
}
