extension ScriptCatalog {
  /// The scripts in which every statement can matter to the answer, if the work is that of `family`, and nothing is to be done
  /// with a proposal that nobody made.
  /// - Complexity: O(scripts x calls).
  package func alive(for family: any TaskFamily, from start: Work) -> [Script] {
    scripts.filter { script in
      var run = ScriptRun(script, from: start, family: family)
      var ready = run.begin()
      while let call = ready.popLast() {
        let effect =
          switch call.kind {
          case .executor(let role): family.effect(ofRole: role)
          case .tool(let name): family.effect(ofTool: name)
          }
        var work = call.work
        if effect.reads.contains(.proposal), effect.sets.contains(.state), work.proposal == nil {
          return false
        }
        let changed = effect.sets.union(effect.clears)
        if changed.contains(.answer) { work.answer = effect.sets.contains(.answer) ? "" : nil }
        if changed.contains(.proposal) { work.proposal = effect.sets.contains(.proposal) ? "" : nil }
        // Critics are never content, so that everything that may happen does.
        work.verdict = false
        switch call.purpose {
        case .work, .weighedWork: break
        case .route(let names): work.proposal = names.last
        case .split: work.proposal = ""
        }
        ready += run.complete(call.id, with: .success(work))
      }
      return Set(run.path.map(\.statement)).count == script.statements.count
    }
  }
}
