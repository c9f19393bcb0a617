"use strict";
// Several runs: what their settings differ in, their curves overlaid, and paired differences.

/** @param {PageData} data */
function comparison(data) {
  const { runs } = data;
  const last = Math.max(1, ...runs.map(
    (run) => (run.metrics ? Math.max(0, ...stagesOf(run.metrics).map((stage) => stage.to)) : 0)));
  const zoom = new Zoom([0, last]);
  return html("div", { class: "report single" }, html("div", { class: "report-body" },
    html("header", { class: "run-head" },
      html("div", { class: "run-title" }, html("h1", null, datum(data.title))),
      html("ul", { class: "legend runs-legend" },
        ...runs.map((run, index) => html("li", null,
        svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
        svg("path", { class: "curve kind-" + (index % 8), d: "M1 6H25",
          "stroke-dasharray": dashes[index % 8] || null }),
          pointShape(index, 13, 6, "point kind-" + (index % 8))),
      html("a", { href: "#run=" + index }, datum(run.name)),
        html("span", { class: "soft" }, run.state.kind === "finished" ? ""
        : " (" + run.state.kind + ", step " + run.state.step + ")"))))),
    part("curves", "Curves", [overlaid(runs, zoom)]),
      part("differences", "Paired differences", pairedDifferences(runs)),
    part("settings", "Settings that differ", [settingsThatDiffer(runs)])));
}

/** @param {string} id @param {string} title @param {Child[]} body */
function part(id, title, body) {
  return html("section", { id, "aria-labelledby": id + "-title" }, html("h2", { id: id + "-title" }, title),
    ...body);
}

/**
 * The mean over families of a prefix of columns, where all of them were measured.
 * @param {Run} run
 * @param {string} prefix
 * @returns {Series["points"]}
 */
function meanOverFamilies(run, prefix) {
  const metrics = run.metrics;
  if (!metrics) return [];
  const columns = Object.keys(metrics).filter(
    (name) => name.startsWith(prefix) && name.indexOf(".", prefix.length) < 0 && hasNumbers(metrics, name));
  const [steps, values] = [numbers(metrics, "step"), columns.map((name) => numbers(metrics, name))];
  /** @type {Series["points"]} */
  const points = [];
  if (prefix === "held_out." && run.evaluation) {
    const cold = columns.map((name) => coldStart(run.evaluation, name.slice(prefix.length))[0]).filter(
      (point) => point);
    if (cold.length === columns.length && cold.length > 0) points.push(
      { x: 0, y: cold.reduce((sum, point) => sum + point.y, 0) / cold.length });
  }
  steps.forEach((step, row) => {
    const known = values.map((column) => column[row]).filter((value) => value !== null);
    if (step === null || known.length === 0 || known.length < columns.length) return;
    points.push({ x: step + (prefix === "held_out." ? 1 : 0),
      y: known.reduce((sum, value) => Number(sum) + Number(value), 0) || 0 });
    points[points.length - 1].y /= known.length;
  });
  return points;
}

/**
 * A chart with a curve of each run.
 * @typedef {object} OverlaidChart
 * @property {string} title
 * @property {string} note
 * @property {(value: number) => string} format
 * @property {boolean} hasPoints
 * @property {(run: Run) => Series["points"]} points
 */

/**
 * The title of a column of metrics: that of the report, or its own words.
 * @param {string} column
 */
function titleOf(column) {
  const known = healthColumns.find((entry) => entry.column === column);
  return known ? known.title : words(column)[0].toUpperCase() + words(column).slice(1);
}

/** @param {Run[]} runs @param {Zoom} zoom */
function overlaid(runs, zoom) {
  const first = runs[0].metrics || {};
  const families = distinct(runs.reduce(
    (/** @type {string[]} */ all, run) => all.concat(run.metrics ? heldOutFamilies(run.metrics) : []), []));
  /** @type {OverlaidChart[]} */
  const charts = [
    { title: "Held-out success, mean of families", note: "At step 0 the cold start.", format: percent,
      hasPoints: true, points: (run) => meanOverFamilies(run, "held_out.") },
    { title: "Success in training, mean of families", note: "", format: percent, hasPoints: false,
      points: (run) => meanOverFamilies(run, "train.") },
    ...["executor_reward", "designer_reward", "entropy", "calls"].filter((name) => name in first).map(
      (name) => ({
      title: titleOf(name), note: "", format: numeral, hasPoints: false,
        points: (/** @type {Run} */ run) => (run.metrics ? pointsOf(run.metrics, name) : []),
    })),
    ...(families.length > 1 ? families : []).map((family) => ({
      title: "Held-out success: " + family, note: "", format: percent, hasPoints: true,
      points: (/** @type {Run} */ run) =>
        coldStart(run.evaluation, family).concat(
        run.metrics ? pointsOf(run.metrics, "held_out." + family, 1) : [])
        .map((point) => (runs.length > 2 ? { x: point.x, y: point.y } : point)),
    })),
  ];
  return grid(charts.map((chart) => {
    const series = runs.map((run, index) =>
      ({ name: run.name, style: "kind-" + (index % 8), mark: index, points: chart.points(run) })).filter(
      (one) => one.points.length > 0);
    if (series.length === 0) return null;
    return stepChart({ title: chart.title, note: chart.note + (chart.hasPoints ? "" : smoothNote(series)),
      height: 250, zoom, stages: [], drawing: curves(
      series, chart.format, { hasPoints: chart.hasPoints, least: [0, 0.1], isSmooth: !chart.hasPoints }),
      legend: legend(series, chart.hasPoints) });
  }).filter(/** @returns {chart is HTMLElement} */ (chart) => chart !== null), "wide");
}

/** @param {Run[]} runs */
function settingsThatDiffer(runs) {
  const all = runs.map((run) => new Map(settings(run.scenario)));
  const names = distinct(all.reduce((/** @type {string[]} */ keys, map) =>
    keys.concat(Array.from(map.keys())), []));
  const rows = names.map((name) => [name, ...all.map((map) => map.get(name) || "\u2013")]).filter(
    (row) => distinct(row.slice(1)).length > 1);
  if (rows.length === 0) return html("p", { class: "note" }, "All settings are the same.");
  return html("div", null, html("p", { class: "note" },
    counted(names.length - rows.length, "other setting") + " are the same."),
    dataTable({ head: ["setting", ...runs.map((run) => run.name)], rows }, "Settings that differ"));
}

/**
 * The mean difference of outcomes on the same tasks, with its 95 % interval (normal approximation).
 * @param {string} one
 * @param {string} other
 */
function pairedDifference(one, other) {
  const count = one.length;
  let sum = 0;
  let squares = 0;
  for (let task = 0; task < count; task += 1) {
    const difference = Number(other[task]) - Number(one[task]);
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / count;
  const reach = count > 1 ? 1.959963984540054 * Math.sqrt(
    (squares - count * mean * mean) / (count - 1) / count) : 1;
  return { mean, interval: /** @type {[number, number]} */ ([mean - reach, mean + reach]) };
}

/** @param {Run[]} runs @returns {Child[]} */
function pairedDifferences(runs) {
  const isPaired = (/** @type {Run} */ run) =>
    JSON.stringify((run.scenario || {}).tasks) === JSON.stringify((runs[0].scenario || {}).tasks);
  const others = runs.slice(1).filter((run) => isPaired(run) && run.outcomes.length > 0);
  if (runs[0].outcomes.length === 0 || others.length === 0) {
    return [html("p", { class: "note" },
      "There is nothing to pair: that needs two runs that were evaluated on the same held-out tasks.")];
  }
  const policies = distinct(runs[0].outcomes.map((one) => one.policy)).filter(
    (policy) => others.some((run) => run.outcomes.some((one) => one.policy === policy)));
  const decodings = distinct(runs[0].outcomes.map((one) => one.decoding));
  const state = { policy: policies.includes("both trained") ? "both trained" : policies[policies.length - 1],
    decoding: decodings[0] };
  const holder = html("div", null);
  const render = () => {
    empty(holder);
    /** @type {IntervalRow[]} */
    const rows = [];
    for (const base of runs[0].outcomes.filter(
      (one) => one.policy === state.policy && one.decoding === state.decoding)) {
      for (const run of others) {
        const match = run.outcomes.find((one) => one.policy === base.policy && one.family === base.family
          && one.decoding === base.decoding);
        if (!match || match.solved.length !== base.solved.length || base.solved.length === 0) continue;
        const { mean, interval } = pairedDifference(base.solved, match.solved);
        rows.push({ group: base.family, name: run.name, style: "kind-" + (runs.indexOf(run) % 8),
          mark: runs.indexOf(run), value: mean, interval, detail: counted(base.solved.length, "task") });
      }
    }
    holder.append(intervalPlot({
      title: "Difference from " + oneLine(runs[0].name, 60),
        note: "Points of held-out success on the same tasks; right of zero is better than the first run. "
          + "Lines are 95 % intervals.",
        format: points, domain: null, rows,
      legend: pointLegend(others.map((run) =>
        ({ name: run.name, style: "kind-" + (runs.indexOf(run) % 8), mark: runs.indexOf(run) }))),
    }));
  };
  render();
  return [html("div", { class: "filters" },
    choice("Policy", policies.map((name) => ({ value: name, text: name })), state.policy,
    (value) => { state.policy = value; render(); }),
    segments("Decoding", decodings.map((name) => ({ value: name, text: name })), state.decoding,
      (value) => { state.decoding = value; render(); })), holder];
}
