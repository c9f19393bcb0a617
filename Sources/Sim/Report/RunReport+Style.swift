extension RunReport {
  /// The page's style sheet; colours follow the reader's light or dark setting.
  static let style = """
    :root { color-scheme: light dark; --ink: #1c2430; --soft: #647084; --line: #e3e7ee; --ground: #f5f7fa;
      --paper: #fff; --executor: #2563c9; --designer: #d0701a; --before: #a3adbd; --between: #7c9ad4;
      --after: #1b7f6b; --f0: #1b7f6b; --f1: #8a46b8; --f2: #b8860b; --f3: #c23b5a; --f4: #4a6fa5;
      --f5: #6b7a2c; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e6eaf1; --soft: #95a1b5; --line: #2d3544; --ground: #12161d; --paper: #1a202a;
        --executor: #6ea0f5; --designer: #f0a04e; --before: #5d6879; --between: #6583bd; --after: #3fb79c;
        --f0: #3fb79c; --f1: #bd86e6; --f2: #dcb13f; --f3: #ee7d97; --f4: #8fb2e3; --f5: #aebc68; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    main { max-width: 860px; margin: 0 auto; padding: 32px 20px 64px; }
    h1 { margin: 0; font-size: 26px; line-height: 1.25; }
    h2 { margin: 0; font-size: 17px; }
    h3 { margin: 0; font-size: 13px; font-weight: 600; color: var(--soft); }
    .facts { margin: 6px 0 24px; color: var(--soft); }
    .facts span { margin-right: 18px; } .facts b { font-weight: 600; color: var(--ink); }
    section, .card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
    section { padding: 20px 24px; margin-top: 16px; }
    .note { margin: 2px 0 12px; color: var(--soft); font-size: 13px; }
    .cards { display: flex; flex-wrap: wrap; gap: 16px; }
    .card { flex: 1 1 220px; padding: 14px 20px; }
    .card p { margin: 2px 0; font-size: 24px; } .card .was { color: var(--soft); }
    .card small { color: var(--soft); }
    svg { display: block; width: 100%; height: auto; font-size: 11px; overflow: visible; }
    svg text { fill: var(--soft); }
    .tick { text-anchor: middle; } .tick.end, .policy { text-anchor: end; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .stage { opacity: .09; } .stage.executor { fill: var(--executor); }
    .stage.designer { fill: var(--designer); }
    .stage-name { text-anchor: middle; font-size: 10.5px; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .executor { --c: var(--executor); } .designer { --c: var(--designer); }
    .family-0 { --c: var(--f0); } .family-1 { --c: var(--f1); } .family-2 { --c: var(--f2); }
    .family-3 { --c: var(--f3); } .family-4 { --c: var(--f4); } .family-5 { --c: var(--f5); }
    .curve { stroke: var(--c); } .dot { fill: var(--c); stroke: var(--paper); stroke-width: 1.5; }
    .bar { rx: 2px; } .bar.before { fill: var(--before); } .bar.between { fill: var(--between); }
    .bar.after { fill: var(--after); }
    .whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .65; }
    svg .family { fill: var(--ink); font-size: 13px; font-weight: 600; } svg .value { fill: var(--ink); }
    .legend { display: flex; gap: 18px; margin: 0 0 6px; padding: 0; list-style: none; font-size: 13px; }
    .key { display: inline-block; width: 18px; height: 3px; margin: 0 7px 4px 0; border-radius: 2px;
      background: var(--c); }
    .scroll { overflow-x: auto; }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th { text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); padding: 4px 14px 6px 0; }
    td { padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: top;
      white-space: nowrap; }
    td small { color: var(--soft); }
    pre { margin: 0; font: 12.5px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }

    """
}
