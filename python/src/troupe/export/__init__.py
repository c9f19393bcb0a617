"""Writers of Parquet and Arrow, and the work of an episode, of which pictures are made.

``troupe export`` writes the formats of inspect_ai, Perfetto, OpenTelemetry and TensorBoard: see ``docs/exports.md``.
"""
