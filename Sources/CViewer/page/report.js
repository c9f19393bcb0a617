"use strict";
// The report of one run.

/**
 * @param {Run} run
 * @param {number} index the run's place
 * @param {PageData} data
 */
function runReport(run, index, data) {
  const samples = data.episodes.filter((sample) => sample.run === index);
  const context = runContext(run, samples);
  const distributions = ["reward", "credit"].map(
    (name) => run.distributions.filter((one) =>
    one.name === name && one.counts.some((row) => row.some((count) => count > 0))));
  /** @type {{id: string, title: string, note: string, body: Child[]}[]} */
  const sections = [
    {
      id: "curves", title: "Co-evolution",
      note: "Point at a chart to read it, drag to zoom all of them, double-click to see all steps, click for "
        + "the episodes of a step. The keys are the arrows, + and \u2212, 0, and Enter.",
      body: [grid(coEvolution(run, context), "wide")],
    },
    { id: "families", title: "Success by family and level",
      note: "Held-out tasks, before and after training.", body: familyPlots(run) },
    {
      id: "designs", title: "Designs over time", note: "What the designer wrote in training.",
      body: run.designs && run.designs.buckets.length > 0 ? designsSection(run.designs, context) : [],
    },
    {
      id: "rewards", title: "Rewards and credit",
      note: "A column is a few steps; the stronger a cell, the more rewards or advantages fall there. "
        + "The line is the mean.",
      body: [grid(distributions.reduce((all, one) => all.concat(one), []).map((distribution) => stepChart({
        title: (distribution.name === "reward" ? "Reward of the " : "Credit of the ") + distribution.role,
        note: distribution.name === "reward" ? "Share of episodes by reward."
          : "Share of advantages by size; above zero becomes more probable.",
        height: 220, zoom: context.zoom, stages: context.stages, episodesAt: context.episodesAt,
          drawing: heatmap(distribution),
      })), "wide")],
    },
    { id: "health", title: "Health of training", note: "",
      body: [constants(run), grid(healthCharts(run, context), "small")] },
    { id: "speed", title: "Speed", note: "", body: [grid(speedCharts(run, context), "wide")] },
    { id: "configuration", title: "Configuration", note: "", body: configuration(run) },
  ];
  const shown = sections.filter((section) =>
    section.body.some((part) => part instanceof Element && part.childElementCount > 0));
  return html("div", { class: "report" }, sectionLinks(shown, index),
    html("div", { class: "report-body" }, runHead(run, samples.length, index),
      ...shown.map((section) => html("section", { id: section.id, "aria-labelledby": section.id + "-title" },
        html("h2", { id: section.id + "-title", tabindex: -1 }, section.title),
        section.note ? html("p", { class: "note" }, section.note) : null, ...section.body))));
}

/** @param {HTMLElement[]} charts @param {string} style */
function grid(charts, style) {
  return html("div", { class: "grid-of " + style }, ...charts);
}

/** @param {{id: string, title: string}[]} sections @param {number} index */
function sectionLinks(sections, index) {
  return html("nav", { class: "section-links", "aria-label": "Sections" },
    html("ul", null, ...sections.map((section) => html("li", null,
    html("a", { href: "#run=" + index + "&section=" + section.id }, section.title)))));
}

/**
 * @param {Run} run
 * @param {Sample[]} samples
 * @returns {RunContext}
 */
function runContext(run, samples) {
  const stages = run.metrics ? stagesOf(run.metrics) : [];
  const last = Math.max(1, run.state.step, ...stages.map((stage) => stage.to));
  const buckets = run.designs ? run.designs.buckets : [];
  return {
    zoom: new Zoom([0, last]), stages, samples, library: libraryOf(run),
    episodesAt: (step) => {
      const bucket = buckets.find((one) => step >= one.from && step <= one.to + 1)
        || { from: Math.floor(step), to: Math.floor(step) };
      const inside = samples.filter((sample) => sample.step !== null && sample.step >= bucket.from
        && sample.step <= bucket.to);
      return episodesOfSteps(bucket, inside, samples);
    },
  };
}

/**
 * The parts that the scenario of a run gives to every script.
 * @param {Run | null} run
 * @returns {string[]}
 */
function libraryOf(run) {
  const script = run && run.scenario ? run.scenario.script : null;
  return script && Array.isArray(script.library) ? script.library.map(String) : [];
}

/**
 * The episodes that are kept of some steps, or the nearest ones.
 * @param {{from: number, to: number}} bucket
 * @param {Sample[]} inside
 * @param {Sample[]} samples
 */
function episodesOfSteps(bucket, inside, samples) {
  const range = bucket.from === bucket.to ? "step " + bucket.from
    : "steps " + bucket.from + " to " + bucket.to;
  const near = inside.length > 0 ? inside : samples.slice().sort((a, b) =>
    Math.abs((a.step || 0) - bucket.from) - Math.abs((b.step || 0) - bucket.from)).slice(0, 4);
  const heading = inside.length > 0 ? "Episodes kept of " + range
    : samples.length > 0 ? "No episode of " + range + " is kept in this page; the nearest are"
      : "This page keeps no episodes";
  announce(heading + ": " + near.length);
  const list = html("div", { class: "kept" }, html("p", null, heading),
    html("ul", { class: "kept-links" },
      ...near.slice(0, 12).map((sample) => episodeLink(sample))));
  list.append(html("button", { class: "quiet", type: "button", onclick: () => list.remove() }, "Close"));
  return list;
}

/** @param {Run} run @param {number} kept @param {number} index */
function runHead(run, kept, index) {
  const { kind, step, steps, note } = run.state;
  const state = kind === "finished" ? "finished, " + counted(steps, "step")
    : kind === "running" ? "running: step " + step + " of " + steps
      : "incomplete: ended at step " + step + " of " + steps;
  return html("header", { class: "run-head" },
    html("div", { class: "run-title" }, html("h1", null, datum(run.name)),
      html("span", { class: "badge state-" + kind }, state)),
    note ? html("p", { class: "notice" }, datum(note)) : null,
    kind === "finished" ? null : html("p", { class: "notice" }, kind === "running"
      ? "This run is still being written. Everything below is what it had when this page was made."
      : "This run did not come to its end. Everything below is what it had when it stopped; "
        + "troupe train with --resume goes on."),
    headline(run),
    html("dl", { class: "facts" }, ...run.facts.map(
      (fact) => html("div", null, html("dt", null, visible(fact.name)),
      html("dd", null, datumLine(fact.value))))),
    html("details", { class: "repeat" }, html("summary", null, "Repeat it, look closer"),
      ...run.commands.map((command) => commandLine(command.text, command.does)),
      html("dl", { class: "fact-list long-facts" },
        ...run.facts.filter((fact) => fact.value.length > 30).map((fact) => html("div", null,
        html("dt", null, visible(fact.name)), html("dd", { class: "code" }, datum(fact.value))))),
      kept > 0 ? html("p", { class: "note" },
        html("a", { href: "#run=" + index + "&episodes" },
        counted(kept, "episode") + " kept whole in this page"),
        "; every episode has its own command there.") : null));
}

/**
 * Success of each family before and after, in a line each.
 * @param {Run} run
 */
function headline(run) {
  const evaluation = run.evaluation;
  if (!evaluation) return null;
  const [policies, families, decodings] = ["policy", "family", "decoding"].map(
    (name) => texts(evaluation, name));
  const rates = numbers(evaluation, "rate");
  const first = policies[0];
  const both = policies.includes("both trained") ? "both trained" : policies[policies.length - 1];
  const find = (/** @type {string} */ policy, /** @type {string} */ family) =>
    rates[policies.findIndex((name, row) =>
    name === policy && families[row] === family && decodings[row] === decodings[0])];
  if (first === both || first === undefined) return null;
  return html("ul", { class: "headline", "aria-label": "Held-out success, " + decodings[0] },
    ...distinct(families).map((family) => {
    const [before, after] = [find(first, family), find(both, family)];
    if (typeof before !== "number" || typeof after !== "number") return null;
    return html("li", null, html("span", { class: "headline-family" }, datum(family)),
      html("span", { class: "headline-values" }, html("span", null, percent(before)), " \u2192 ",
        html("b", null, percent(after))),
      html("span", { class: "meter", "aria-hidden": "true" }, meter(before, after)),
      html("span", { class: "headline-note" }, points(after - before) + " points, " + decodings[0]));
  }));
}

/** @param {number} before @param {number} after */
function meter(before, after) {
  const bar = svg("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none" });
  bar.append(svg("rect", { class: "meter-ground", width: 100, height: 6 }),
    svg("rect", { class: "meter-after", width: after * 100, height: 6 }),
    svg("rect", { class: "meter-before", x: Math.max(0, before * 100 - 0.6), width: 1.2, height: 6 }));
  return bar;
}

/** @param {Run} run */
function familyPlots(run) {
  const evaluation = run.evaluation;
  if (!evaluation) return [];
  const decodings = distinct(texts(evaluation, "decoding"));
  if (decodings.length === 0) return [];
  const holder = html("div", { class: "grid-of wide" });
  const render = (/** @type {string} */ decoding) => {
    empty(holder);
    const policies = distinct(texts(evaluation, "policy"));
    const key = policies.map((name, index) => ({ name, style: "kind-" + (index % 8), mark: index }));
    holder.append(intervalPlot({
      title: "By family", note: "Share of held-out tasks solved, " + decoding + "; lines are 95 % intervals.",
        format: percent, domain: [0, 1],
      isDense: true, legend: pointLegend(key), rows: familyRows(evaluation, policies, decoding),
    }));
    const levels = run.evaluatedDesigns ? levelRows(run.evaluatedDesigns, policies, decoding) : [];
    if (levels.length > 0) {
      holder.append(intervalPlot({
        title: "By level", note: "The same tasks, level by level, before and after; 95 % Wilson intervals.",
          format: percent,
        domain: [0, 1], isDense: true, legend: pointLegend(
          key.filter((one) => levels.some((row) => row.name === one.name))), rows: levels,
      }));
    }
  };
  render(decodings[0]);
  return [decodings.length > 1 ? html("div", { class: "filters" }, segments("Decoding",
    decodings.map((name) => ({ value: name, text: name })), decodings[0], render)) : null, holder];
}

/** @param {{name: string, style: string, mark: number}[]} key */
function pointLegend(key) {
  return html("ul", { class: "legend" }, ...key.map((one) => html("li", null,
    svg("svg", { width: 12, height: 12, "aria-hidden": "true" },
      pointShape(one.mark, 6, 6, "point " + one.style)), datum(one.name))));
}

/**
 * @param {Columns} evaluation
 * @param {string[]} policies
 * @param {string} decoding
 * @returns {IntervalRow[]}
 */
function familyRows(evaluation, policies, decoding) {
  const [names, families, decodings] = ["policy", "family", "decoding"].map(
    (name) => texts(evaluation, name));
  const [rates, lows, highs, solved, episodes] = ["rate", "low", "high", "successes", "episodes"].map(
    (name) => numbers(evaluation, name));
  /** @type {IntervalRow[]} */
  const rows = [];
  for (const family of distinct(families)) {
    names.forEach((policy, row) => {
      const rate = rates[row];
      if (families[row] !== family || decodings[row] !== decoding || rate === null) return;
      rows.push({
        group: family, name: policy, style: "kind-" + (policies.indexOf(policy) % 8),
          mark: policies.indexOf(policy), value: rate,
        interval: [lows[row] || 0, highs[row] || 0],
          detail: numeral(solved[row]) + " of " + numeral(episodes[row]),
      });
    });
  }
  return rows;
}

/**
 * @param {Columns} designs
 * @param {string[]} policies
 * @param {string} decoding
 * @returns {IntervalRow[]}
 */
function levelRows(designs, policies, decoding) {
  const [names, families, decodings, levels] = ["policy", "family", "decoding", "level"].map(
    (name) => texts(designs, name));
  const [tasks, solved] = ["tasks", "successes"].map((name) => numbers(designs, name));
  /** @type {Map<string, {group: string, policy: string, tasks: number, solved: number}>} */
  const sums = new Map();
  const shown = ["cold start", "both trained"].filter((policy) => policies.includes(policy));
  names.forEach((policy, row) => {
    if (decodings[row] !== decoding || !shown.includes(policy)) return;
    const group = families[row] + " " + levels[row];
    const key = group + "\n" + policy;
    const sum = sums.get(key) || { group, policy, tasks: 0, solved: 0 };
    sum.tasks += tasks[row] || 0;
    sum.solved += solved[row] || 0;
    sums.set(key, sum);
  });
  return Array.from(sums.values()).map((sum) => ({
    group: sum.group, name: sum.policy, style: "kind-" + (policies.indexOf(sum.policy) % 8),
      mark: policies.indexOf(sum.policy),
    value: sum.solved / sum.tasks, interval: wilson(sum.solved, sum.tasks),
      detail: sum.solved + " of " + sum.tasks,
  })).sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
}

/**
 * A scenario as names and values: `credit.estimator` is `grpo`.
 * @param {any} value
 * @param {string} [path]
 * @returns {[string, string][]}
 */
function settings(value, path) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    return Object.keys(value).reduce((/** @type {[string, string][]} */ all, key) =>
      all.concat(settings(value[key], path ? path + "." + key : key)), []);
  }
  const isObject = (/** @type {any} */ one) => one !== null && typeof one === "object" && !Array.isArray(one);
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) {
    return value.reduce((/** @type {[string, string][]} */ all, one, place) => {
      const { name, ...rest } = one;
      const key = (path ? path + "." : "") + (typeof name === "string" ? name : place);
      return all.concat(settings(typeof name === "string" ? rest : one, key));
    }, []);
  }
  return [[path || "", typeof value === "string" ? value : JSON.stringify(value)]];
}

/**
 * @param {string} name
 * @param {any} value
 */
function settingGroup(name, value) {
  const pairs = settings(value);
  if (pairs.length === 0) return null;
  return html("div", { class: "setting-group" }, html("h3", null, datum(name)), html("dl", null,
    ...pairs.map((pair) => html("div", null, html("dt", null, visible(pair[0] || name)),
      html("dd", null, datumLine(pair[1]))))));
}

/** @param {Run} run */
function configuration(run) {
  if (!run.scenario) return [];
  const isGroup = (/** @type {string} */ key) => {
    const value = run.scenario[key];
    return value !== null && typeof value === "object" && !Array.isArray(value);
  };
  const keys = Object.keys(run.scenario);
  const general = Object.fromEntries(keys.filter((key) => !isGroup(key)).map(
    (key) => [key, run.scenario[key]]));
  const groups = html("div", { class: "settings" }, settingGroup("general", general),
    ...keys.filter(isGroup).map((key) => settingGroup(key, run.scenario[key])));
  const text = JSON.stringify(run.scenario, null, 2);
  return [groups, html("details", null, html("summary", null, "The scenario as JSON"),
    copyButton(() => text, "the scenario"),
    textBlock(text, "Scenario as JSON"))];
}
