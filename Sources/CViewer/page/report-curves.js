"use strict";
// The curves of a run: both roles, held-out success, crossings, the health of training, and speed.

/**
 * What the sections of one run share.
 * @typedef {object} RunContext
 * @property {Zoom} zoom
 * @property {Stage[]} stages
 * @property {(step: number) => HTMLElement | null} episodesAt
 * @property {Sample[]} samples the episodes that are kept whole
 * @property {string[]} library the parts that the scenario gives to every script
 */

/**
 * The stages of a run. Each reaches to the step where the next one begins.
 * @param {Columns} metrics
 * @returns {Stage[]}
 */
function stagesOf(metrics) {
  const [steps, stages, roles] = [numbers(metrics, "step"), numbers(metrics, "stage"),
    texts(metrics, "role")];
  /** @type {Stage[]} */
  const found = [];
  steps.forEach((step, row) => {
    const at = step || 0;
    if (row > 0 && stages[row] === stages[row - 1]) found[found.length - 1].to = at + 1;
    else found.push({ role: roles[row], from: at, to: at + 1 });
  });
  return found;
}

/**
 * A column as points. What is measured in rollouts stands at the number of steps done before it; an
 * evaluation stands at
 * the number of steps done when it was made, which is one more.
 * @param {Columns} metrics
 * @param {string} column
 * @param {number} [offset]
 */
function pointsOf(metrics, column, offset) {
  const [steps, values] = [numbers(metrics, "step"), numbers(metrics, column)];
  const [lows, highs] = [numbers(metrics, column + ".low"), numbers(metrics, column + ".high")];
  /** @type {Series["points"]} */
  const points = [];
  values.forEach((value, row) => {
    const step = steps[row];
    if (value !== null && step !== null) points.push(
      { x: step + (offset || 0), y: value, low: lows[row], high: highs[row] });
  });
  return points;
}

/**
 * The families that were evaluated during training.
 * @param {Columns} metrics
 */
function heldOutFamilies(metrics) {
  return Object.keys(metrics).filter((name) => /^held_out\.[^.]+$/.test(name) && hasNumbers(metrics, name))
    .map((name) => name.slice("held_out.".length));
}

/**
 * Held-out success through training, with the cold start at step 0.
 * @param {Run} run
 * @returns {Series[]}
 */
function heldOutSeries(run) {
  const { metrics, evaluation } = run;
  if (!metrics) return [];
  return heldOutFamilies(metrics).map((family, index) => ({
    name: family, style: "kind-" + (index % 8), mark: index,
    points: coldStart(evaluation, family).concat(pointsOf(metrics, "held_out." + family, 1)),
  }));
}

/**
 * The first policy of the evaluation, as the point at step 0.
 * @param {Columns | null} evaluation
 * @param {string} family
 * @returns {Series["points"]}
 */
function coldStart(evaluation, family) {
  if (!evaluation) return [];
  const [policies, families] = [texts(evaluation, "policy"), texts(evaluation, "family")];
  const row = families.findIndex((name, index) => name === family && policies[index] === "cold start");
  const rate = row < 0 ? null : numbers(evaluation, "rate")[row];
  if (rate === null) return [];
  return [{ x: 0, y: rate, low: numbers(evaluation, "low")[row], high: numbers(evaluation, "high")[row] }];
}

/**
 * @param {Run} run
 * @param {RunContext} context
 */
function coEvolution(run, context) {
  const metrics = run.metrics;
  if (!metrics) return [];
  /** @type {HTMLElement[]} */
  const charts = [];
  const held = heldOutSeries(run).filter((series) => series.points.length > 0);
  if (held.length > 0) {
    charts.push(stepChart({
      title: "Held-out success", height: 300, zoom: context.zoom, stages: context.stages,
        episodesAt: context.episodesAt,
      note: "Share of tasks solved that occur neither in the cold start nor in training. Step 0 is the cold "
        + "start; bands are 95 % intervals.",
      drawing: curves(held, percent, { hasPoints: true, least: [0, 0.1] }), legend: legend(held, true),
    }));
  }
  const roles = ["executor", "designer"].map((role, index) => ({
    name: role, style: "role-" + role, mark: index, points: pointsOf(metrics, role + "_reward"),
  })).filter((series) => series.points.length > 0);
  if (roles.length > 0) {
    charts.push(stepChart({
      title: "Reward of both roles", height: 300, zoom: context.zoom, stages: context.stages,
        episodesAt: context.episodesAt,
      note: "Mean over the rollouts of a step, before its update. The ground shows whose turn it was to "
        + "learn; the other role is frozen."
        + smoothNote(roles),
      drawing: curves(roles, numeral, { least: [0, 0.1], isSmooth: true }), legend: legend(roles),
    }));
  }
  const crossings = crossingCharts(run, context);
  const trained = Object.keys(metrics).filter(
    (name) => /^train\.[^.]+$/.test(name) && hasNumbers(metrics, name))
    .map((name, index) => ({ name: name.slice(6), style: "kind-" + (index % 8), mark: index,
      points: pointsOf(metrics, name) }));
  if (trained.length > 0) {
    charts.push(stepChart({
      title: "Success in training", height: 260, zoom: context.zoom, stages: context.stages,
        episodesAt: context.episodesAt,
      note: "Share of the rollouts that solved their task, at the training temperature."
        + smoothNote(trained),
      drawing: curves(trained, percent, { least: [0, 0.1], isSmooth: true }), legend: legend(trained),
    }));
  }
  return charts.slice(0, 2).concat(crossings, charts.slice(2));
}

/**
 * What a smooth chart has to say about itself.
 * @param {Series[]} series
 */
function smoothNote(series) {
  const width = smoothWidth(Math.max(0, ...series.map((one) => one.points.length)));
  return width === 1 ? "" : " Faint: each step; strong: the mean of the " + width + " steps around it.";
}

/**
 * Each trained role with the other's cold start, through training.
 * @param {Run} run
 * @param {RunContext} context
 */
function crossingCharts(run, context) {
  const crossings = run.crossings;
  if (!crossings) return [];
  const [familyOf, names] = [texts(crossings, "family"), texts(crossings, "policy")];
  const [steps, rates, lows, highs] = ["step", "rate", "low", "high"].map((name) => numbers(crossings, name));
  const [families, policies] = [distinct(familyOf), distinct(names)];
  return families.map((family) => {
    // Before the first step every policy is the cold start.
    const start = coldStart(run.evaluation, family);
    const series = policies.map((policy, index) => {
      /** @type {Series["points"]} */
      const points = [];
      names.forEach((name, row) => {
        const [step, rate] = [steps[row], rates[row]];
        if (name !== policy || familyOf[row] !== family || step === null || rate === null) return;
        points.push({ x: step, y: rate, low: lows[row], high: highs[row] });
      });
      return { name: policy, style: "kind-" + (index % 8), mark: index, points: start.concat(points) };
    });
    const both = run.metrics ? start.concat(pointsOf(run.metrics, "held_out." + family, 1)) : [];
    if (both.length > 1) series.unshift({ name: "both trained", style: "role-both", mark: 3, points: both });
    return stepChart({
      title: "Crossings: " + family, height: 240, zoom: context.zoom, stages: context.stages,
        legend: legend(series, true),
      note: "Each trained role with the other role\u2019s cold start: what one role gained without "
        + "the other. Bands are 95 % intervals.",
      drawing: curves(series, percent, { hasPoints: true, least: [0, 0.1] }),
    });
  });
}

/** @type {{column: string, title: string, note: string, of?: string}[]} */
const healthColumns = [
  { column: "entropy", title: "Entropy", note: "Of the learning role\u2019s next token, in nats." },
  { column: "kl", title: "KL divergence",
    note: "Of the updated policy from the one that sampled, in nats a token." },
  { column: "gradient_norm", title: "Gradient norm", note: "Before clipping." },
  { column: "drift", title: "Drift of the frozen role",
    note: "KL divergence of the frozen role from what it was, in nats." },
  { column: "prior_kl", title: "Distance from the design prior",
    note: "KL divergence of the designer from the prior over scripts." },
  { column: "format_errors", title: "Format errors a call",
    note: "Executor outputs that were cut off or malformed.", of: "executor_calls" },
  { column: "calls", title: "Calls an execution", note: "Executor calls; each costs the designer." },
  { column: "virtual_time", title: "Virtual time an execution",
    note: "Seconds of the simulation\u2019s clock." },
  { column: "generated_tokens", title: "Tokens generated", note: "By designs and executions of a step." },
  { column: "fork_tokens", title: "Tokens of forks", note: "Generated for credit." },
  { column: "credit_error", title: "Credit error", note: "Of sampled Shapley values." },
  { column: "sequences", title: "Sequences that teach",
    note: "Generations with an advantage other than zero." },
  { column: "logprob_gap", title: "Sampler against trainer",
    note: "Greatest difference in log-probability; zero is exact." },
];

/**
 * @param {Run} run
 * @param {RunContext} context
 */
function healthCharts(run, context) {
  const metrics = run.metrics;
  if (!metrics) return [];
  const known = healthColumns.filter((entry) => hasNumbers(metrics, entry.column));
  return known.filter((entry) => constantOf(metrics, entry.column) === null).map((entry) => {
    const below = entry.of ? numbers(metrics, entry.of) : null;
    const values = numbers(metrics, entry.column).map((value, row) =>
      (value === null || !below ? value : below[row] ? value / Number(below[row]) : null));
    const column = { ...metrics, [entry.column]: values };
    const series = [{ name: entry.title, style: "kind-0", mark: 0, points: pointsOf(column, entry.column) }];
    return stepChart({
      title: entry.title, note: entry.note, height: 140, zoom: context.zoom, stages: context.stages,
        isSmall: true, episodesAt: context.episodesAt,
      drawing: curves(series, numeral),
    });
  });
}

/**
 * The only value of a column; null if it has several.
 * @param {Columns} metrics
 * @param {string} column
 */
function constantOf(metrics, column) {
  const values = distinct(numbers(metrics, column).filter((value) => value !== null));
  return values.length === 1 ? values[0] : null;
}

/**
 * What never changed needs no chart: it is said in words.
 * @param {Run} run
 */
function constants(run) {
  const metrics = run.metrics;
  if (!metrics) return null;
  const known = healthColumns.filter((entry) => hasNumbers(metrics, entry.column)
    && constantOf(metrics, entry.column) !== null);
  if (known.length === 0) return null;
  return html("dl", { class: "facts constants" },
    ...known.map((entry) => html("div", null, html("dt", null, entry.title),
    html("dd", { title: entry.note }, numeral(constantOf(metrics, entry.column)), " throughout"))));
}

const partNames = ["demonstrations", "decode", "actors", "waiting", "credit", "anchors", "gradient",
  "optimizer", "evaluation", "writing"];

/**
 * Where the time of a step goes.
 * @param {Run} run
 * @param {RunContext} context
 */
function speedCharts(run, context) {
  const timings = run.timings;
  if (!timings) return [];
  const phases = texts(timings, "phase");
  const rows = phases.map((phase, row) => ({ phase, row })).filter((entry) => entry.phase === "train").map(
    (entry) => entry.row);
  const steps = numbers(timings, "step");
  const values = new Map(partNames.map((name) => [name, numbers(timings, name)]));
  const spent = (/** @type {string} */ name) => rows.map((row) => (values.get(name) || [])[row] || 0);
  const parts = partNames.filter((name) => spent(name).some((time) => time > 0));
  const stops = rows.map((row) => steps[row] || 0);
  if (stops.length === 0) return [];
  const areas = parts.map((name, index) => ({
    name, style: index < 8 ? "kind-" + index : "kind-other", mark: String.fromCharCode(97 + index),
    values: spent(name),
  }));
  const totals = areas.map((area) => ({ area, sum: area.values.reduce((a, b) => a + b, 0) }));
  const all = totals.reduce((sum, entry) => sum + entry.sum, 0);
  const charts = [stepChart({
    title: "Time of a step", note: "Wall-clock seconds by part.", height: 240, zoom: context.zoom,
      stages: context.stages,
    drawing: stacked(stops, areas, seconds, { isShare: false }),
    legend: html("ul", { class: "legend" }, ...totals.map((entry) => html("li", null,
      html("span", { class: "swatch " + entry.area.style }, entry.area.mark),
        entry.area.name + " " + percent(entry.sum / all)))),
  })];
  for (const [column, title, note] of [["tokens_per_second", "Tokens a second", "Generated while decoding."],
    ["batch_occupancy", "Sequences in a batch", "Mean over the decoder\u2019s steps."]]) {
    if (!hasNumbers(timings, column)) continue;
    const values = numbers(timings, column);
    const points = rows.map((row) => ({ x: steps[row] || 0, y: values[row] })).filter(
      /** @returns {point is {x: number, y: number}} */ (point) => point.y !== null);
    charts.push(stepChart({
      title, note, height: 240, zoom: context.zoom, stages: context.stages,
      drawing: curves([{ name: title, style: "kind-0", mark: 0, points }], numeral, { least: [0, 0] }),
    }));
  }
  return charts;
}
