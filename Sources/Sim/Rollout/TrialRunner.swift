import Actors
import Sandbox

/// Runs trials in the sandbox of this machine. Where there is none, nothing is run, and the report says why.
package struct TrialRunner: Sendable {
  package init() {}

  package func report(of trial: Trial) -> TrialReport {
    do throws(SandboxError) {
      let sandbox = try Sandbox.find()
      switch trial {
      case .python(let python):
        return trial.report(of: try sandbox.run(python.judge, against: python.candidate))
      case .command(let run): return trial.report(of: try sandbox.run(run))
      }
    } catch {
      return .unknown(error.description)
    }
  }
}
