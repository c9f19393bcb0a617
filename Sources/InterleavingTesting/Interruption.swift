import Foundation
import Interleavings

/// The end of an exploration by ^C.
enum Interruption {
  /// Prints what was found so far, and ends the process as the interrupt would have done. Returns what it printed, for a
  /// process in which the interrupt does nothing.
  static func report(_ test: String, _ coverage: InterleavingCoverage, _ plan: InterleavingPlan?) -> String {
    var text = "\(test) was interrupted after \(coverage)"
    if let plan { text += "\nit fails: \(ReplayRequest.variable)='\(test):\(plan)'" }
    FileHandle.standardError.write(Data("\n\(text)\n".utf8))
    signal(SIGINT, SIG_DFL)
    // The signal is for the process, because this thread may have it blocked; another thread takes it meanwhile.
    kill(getpid(), SIGINT)
    sleep(1)
    return text
  }
}
