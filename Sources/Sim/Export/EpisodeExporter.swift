/// A writer of episodes in the format of another tool, one episode after another.
protocol EpisodeExporter {
  /// Writes an episode.
  mutating func add(_ episode: ExportedEpisode) throws
  /// Writes what comes after the last episode. The file has its name then.
  mutating func finish() throws
}
