"use strict";
// Designs over time: which scripts designers wrote, what share they have, what they earn, and how they look.

const namedScripts = 7;

/**
 * @typedef {object} ScriptTotal
 * @property {number | null} script its place among the scripts; null where the text was no script; -1 for all
 *   others
 * @property {string} text
 * @property {string} style
 * @property {string} mark
 * @property {number[]} count a bucket each
 * @property {number[]} solved sums over the designs of a bucket
 * @property {number[]} reward
 */

/**
 * Counts scripts by bucket, for one family and level or for all. The most frequent come first, all others
 * last.
 * @param {Designs} designs
 * @param {string} family empty for all
 * @param {string} level empty for all
 * @returns {ScriptTotal[]}
 */
function countScripts(designs, family, level) {
  const [bucket, script, count, solved, reward] = ["bucket", "script", "count", "solved", "reward"].map(
    (name) =>
    numbers(designs.counts, name));
  const [families, levels] = [texts(designs.counts, "family"), texts(designs.counts, "level")];
  /** @type {Map<number | null, ScriptTotal>} */
  const totals = new Map();
  const zeros = () => designs.buckets.map(() => 0);
  const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0);
  families.forEach((name, row) => {
    if ((family && name !== family) || (level && levels[row] !== level)) return;
    const key = script[row];
    const total = totals.get(key) || {
      script: key, text: key === null || key < 0 ? "" : designs.scripts[key], style: "", mark: "",
        count: zeros(),
        solved: zeros(), reward: zeros(),
    };
    const at = bucket[row] || 0;
    total.count[at] += count[row] || 0;
    total.solved[at] += (solved[row] || 0) * (count[row] || 0);
    total.reward[at] += (reward[row] || 0) * (count[row] || 0);
    totals.set(key, total);
  });
  // A script that is frequent at any time has a place of its own, not only one that is frequent on the whole.
  const sizes = designs.buckets.map((_, at) =>
    sum(Array.from(totals.values()).map((total) => total.count[at])) || 1);
  const weight = (/** @type {ScriptTotal} */ total) =>
    sum(total.count.map((value, at) => value / sizes[at]))
      + 3 * Math.max(...total.count.map((value, at) => value / sizes[at]));
  const ordered = Array.from(totals.values()).sort((a, b) => weight(b) - weight(a));
  const named = ordered.filter((total) => total.script !== -1).slice(0, namedScripts);
  const rest = ordered.filter((total) => !named.includes(total));
  named.forEach((total, index) => {
    total.style = "kind-" + index;
    total.mark = String.fromCharCode(65 + index);
  });
  if (rest.length > 0) {
    const others = { script: -1, text: "", style: "kind-other", mark: "\u2026", count: zeros(),
      solved: zeros(), reward: zeros() };
    for (const total of rest) {
      total.count.forEach((value, at) => {
        others.count[at] += value;
        others.solved[at] += total.solved[at];
        others.reward[at] += total.reward[at];
      });
    }
    others.text = totals.has(-1) ? "other scripts" : counted(rest.length, "other script");
    named.push(others);
  }
  return named;
}

/** @param {ScriptTotal} total */
function scriptName(total) {
  if (total.script === null) return "no script (the text did not parse)";
  return total.script === -1 ? total.text : scriptLine(total.text);
}

/**
 * The section with both charts, the list of scripts, and the graph of the chosen one.
 * @param {Designs} designs
 * @param {RunContext} context
 */
function designsSection(designs, context) {
  const [familyOf, levelOf] = [texts(designs.counts, "family"), texts(designs.counts, "level")];
  const families = distinct(familyOf);
  const body = html("div", { class: "designs" });
  const levels = html("span", null);
  let family = families.length > 1 ? families[0] : "";
  const render = (/** @type {string} */ level) => {
    empty(body);
    drawDesigns(body, designs, countScripts(designs, family, level), context);
  };
  const chooseFamily = (/** @type {string} */ name) => {
    family = name;
    const known = distinct(levelOf.filter((_, row) => !name || familyOf[row] === name)).sort();
    empty(levels);
    levels.append(segments("Level", [{ value: "", text: "all levels" }].concat(
      known.map((level) => ({ value: level, text: "level " + level }))), "", render));
    render("");
  };
  chooseFamily(family);
  const choices = (families.length > 1 ? [{ value: "", text: "all families" }] : []).concat(
    families.map((name) => ({ value: name, text: name })));
  return [html("div", { class: "filters" }, segments("Family", choices, family, chooseFamily), levels), body];
}

/**
 * @param {HTMLElement} body
 * @param {Designs} designs
 * @param {ScriptTotal[]} totals
 * @param {RunContext} context
 */
function drawDesigns(body, designs, totals, context) {
  const stops = designs.buckets.map((bucket) => (bucket.from + bucket.to + 1) / 2);
  const zoom = context.zoom;
  const shares = stepChart({
    title: "Share of each script",
      note: "Of the designs of a few steps. Choose a script below to see its graph.", height: 300, zoom,
    stages: context.stages, episodesAt: context.episodesAt,
    drawing: stacked(stops, totals.slice().reverse().map((total) =>
      ({ name: scriptName(total), style: total.style, mark: total.mark, values: total.count })), percent,
    { isShare: true, widths: designs.buckets }),
  });
  const earning = totals.filter((total) => total.script !== -1 && total.script !== null).map((total) => ({
    name: scriptName(total), style: total.style, mark: totals.indexOf(total),
    points: stops.map((stop, at) => ({ x: stop, y: total.reward[at] / total.count[at],
      count: total.count[at] }))
      .filter((point) => point.count >= 4),
  }));
  const rewards = earning.every((series) => series.points.length === 0)
    ? html("p", { class: "note" }, "No script was written by four designs of the same few steps, "
      + "so there is no mean of what it earns.")
    : stepChart({
    title: "What each script earns",
      note: "The designer\u2019s mean reward, where at least four designs had the script.", height: 300,
    zoom, stages: context.stages, episodesAt: context.episodesAt,
      drawing: curves(earning, numeral, { hasPoints: true, least: [0, 0.1] }),
  });
  const graph = html("div", { class: "chosen-script", "aria-live": "polite" });
  body.append(html("div", { class: "pair" }, shares, rewards),
    html("div", { class: "pair scripts" }, scriptList(totals, graph, context), graph));
}

/**
 * The list of scripts; choosing or hovering one draws it.
 * @param {ScriptTotal[]} totals
 * @param {HTMLElement} graph
 * @param {RunContext} context
 */
function scriptList(totals, graph, context) {
  const all = totals.reduce((sum, total) => sum + total.count.reduce((a, b) => a + b, 0), 0);
  const show = (/** @type {ScriptTotal} */ total) => {
    empty(graph);
    graph.append(html("div", { class: "chosen-head" },
      html("span", { class: "swatch " + total.style }, total.mark),
      html("h4", null, total.script === null || total.script === -1 ? scriptName(total)
        : "Script " + total.mark)));
    if (total.script === null || total.script === -1) return;
    graph.append(scriptGraph(total.text, context.library, null).element,
      textBlock(total.text, "Script " + total.mark));
    const kept = context.samples.filter((sample) => sample.episode.script === total.text).slice(0, 12);
    if (kept.length > 0) {
      graph.append(html("h4", null, "Episodes with this script"), html("ul", { class: "kept-links" },
        ...kept.map((sample) => episodeLink(sample))));
    }
  };
  const list = html("ul", { class: "script-list", "aria-label": "Scripts" });
  /** @type {ScriptTotal | null} */
  let chosen = null;
  totals.forEach((total, index) => {
    const count = total.count.reduce((a, b) => a + b, 0);
    const solved = total.solved.reduce((a, b) => a + b, 0);
    const lastAt = total.count.length - 1;
    const lastAll = totals.reduce((sum, other) => sum + other.count[lastAt], 0);
    const button = html("button", {
      type: "button", "aria-pressed": String(index === 0),
      onclick: () => {
        list.querySelectorAll("button").forEach(
          (other) => other.setAttribute("aria-pressed", String(other === button)));
        chosen = total;
        show(total);
      },
      onmouseenter: () => show(total), onmouseleave: () => { if (chosen) show(chosen); },
    }, html("span", { class: "swatch " + total.style, "aria-hidden": "true" }, total.mark),
      datumLine(scriptName(total), "script-name"),
    html("span", { class: "script-figures" },
      percent(count / all) + " of all, " + percent(lastAll ? total.count[lastAt] / lastAll : 0)
      + " at the end, solves " + percent(solved / count)));
    list.append(html("li", null, button));
  });
  chosen = totals[0] || null;
  if (chosen) show(chosen);
  return list;
}
