extension TrainingRun {
  /// Trains to the end and writes all files, the report as the last. `watch` gets a report of every step.
  ///
  /// The report reads the whole log once more: some 50 microseconds an episode.
  public func train(_ watch: (Progress) -> Void) throws -> Summary {
    let summary = try trainWithoutReport(watch)
    let page = ViewerPage(title: scenario.name, runs: [try RunPage(directory, registry)])
    try directory.write(page.html, to: directory.report)
    return summary
  }
}
