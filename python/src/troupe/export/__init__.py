"""Writers of the formats of other people's tools. Each writes the same bytes for the same log.

================  ============================================  =============================================
module            what it writes                                what opens it
================  ============================================  =============================================
inspect_eval      a log as an ``.eval`` file                    ``inspect view``, ``inspect log dump``
chrome_trace      episodes as Chrome trace JSON                 Perfetto (ui.perfetto.dev), ``chrome://tracing``
otlp              episodes as OTLP/JSON spans                   collectors of OpenTelemetry
tensorboard       a run's metrics as an event file              TensorBoard
parquet           a log as Parquet or Arrow files               pandas, Polars, DuckDB, ...
================  ============================================  =============================================
"""
