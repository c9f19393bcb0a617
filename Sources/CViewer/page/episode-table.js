"use strict";
// The episodes that a page keeps whole: their names, their outcomes, and the list of them.

/** @param {Sample} sample */
function episodeHash(sample) {
  return "#" + (sample.run === null ? "" : "run=" + sample.run + "&") + "episode="
    + encodeURIComponent(sample.episode.id);
}

/** @param {Sample} sample */
function episodeTitle(sample) {
  const { task, id } = sample.episode;
  const parts = [task ? task.family + " " + task.level : id];
  if (sample.step !== null) parts.push("step " + sample.step);
  if (sample.episode.reward) parts.push("reward " + numeral(sample.episode.reward.executors));
  return parts.join(", ");
}

/**
 * A link to an episode, with how it ended.
 * @param {Sample} sample
 */
function episodeLink(sample) {
  return html("li", null, html("a", { href: episodeHash(sample) }, outcomeBadge(sample.episode),
    datum(episodeTitle(sample))));
}

/**
 * How an episode ended, in a word.
 * @param {Episode} episode
 */
function outcomeWord(episode) {
  if (episode.status === "failed") return "failed";
  if (episode.violations.length > 0) return "violated";
  if (episode.status === "left") return "unfinished";
  if (episode.solved === null || episode.solved === undefined) return "finished";
  return episode.solved ? "solved" : "not solved";
}

/** @param {Episode} episode */
function outcomeBadge(episode) {
  const word = outcomeWord(episode);
  const style = word === "solved" || word === "finished" ? "good" : "bad";
  return html("span", { class: "badge outcome " + style }, (style === "good" ? "\u2713 " : "\u2715 ") + word);
}

/**
 * @param {Sample[]} samples
 * @param {Run | null} run
 */
function episodeList(samples, run) {
  const filter = { text: "", family: "", outcome: "" };
  const body = html("div", null);
  const count = html("p", { class: "note", role: "status" });
  const render = () => {
    const shown = samples.filter((sample) =>
      (!filter.family || (sample.episode.task || { family: "" }).family === filter.family)
      && (!filter.outcome || outcomeWord(sample.episode) === filter.outcome)
        && episodeText(sample).includes(filter.text.toLowerCase()));
    count.textContent = shown.length === samples.length ? counted(shown.length, "episode")
      : shown.length + " of " + counted(samples.length, "episode");
    empty(body);
    body.append(episodeRows(shown.slice(0, 400)));
    if (shown.length > 400) body.append(
      html("p", { class: "note" }, "The first 400 are shown; filter to see others."));
  };
  const families = distinct(samples.map(
    (sample) => (sample.episode.task ? sample.episode.task.family : ""))).filter((name) => name);
  const outcomes = distinct(samples.map((sample) => outcomeWord(sample.episode)));
  const search = html("input", { type: "search", "aria-label": "Search episodes",
    placeholder: "Search task, script, answer, id",
    oninput: () => { filter.text = search.value; render(); } });
  render();
  return html("div", { class: "episodes" }, html("h1", null, "Episodes"),
    html("p", { class: "lead" }, "These episodes are kept whole in this page. "
      + (run ? "The log has all of them; the command opens any by its id:" : "")),
    run ? commandLine(run.episodeCommand + "ID", "Open another episode") : null,
    html("div", { class: "filters" }, search,
      families.length > 1 ? choice("Family",
        [{ value: "", text: "all" }].concat(families.map((name) => ({ value: name, text: name }))), "",
        (value) => { filter.family = value; render(); }) : null,
      outcomes.length > 1 ? choice("Outcome",
        [{ value: "", text: "all" }].concat(outcomes.map((name) => ({ value: name, text: name }))), "",
        (value) => { filter.outcome = value; render(); }) : null), count, body);
}

/**
 * Everything of an episode that a search looks at.
 * @param {Sample} sample
 */
function episodeText(sample) {
  const { id, task, script, answer, failure } = sample.episode;
  return [id, task ? task.statement : "", script, answer, failure, outcomeWord(sample.episode)].join(
    "\n").toLowerCase();
}

/** @param {Sample[]} samples */
function episodeRows(samples) {
  const head = ["outcome", "step", "task", "design", "episode", "reward", "calls", "events", "time"];
  const isNumber = (/** @type {string} */ name) =>
    ["step", "reward", "calls", "events", "time"].includes(name);
  return html("div", { class: "table episode-table", tabindex: 0, role: "region", "aria-label": "Episodes" },
    html("table", null,
    html("thead", null, html("tr", null,
      ...head.map((name) => html("th", { scope: "col", class: isNumber(name) ? "number" : null }, name)))),
    html("tbody", null, ...samples.map((sample) => {
      const { episode } = sample;
      const task = episode.task ? episode.task.family + " " + episode.task.level + ": "
        + episode.task.statement : episode.id;
      return html("tr", null, html("td", null, outcomeBadge(episode)),
        html("td", { class: "number" }, sample.step === null ? "\u2013" : sample.step),
        html("td", { class: "wide-cell" }, html(
          "a", { href: episodeHash(sample), title: visible(episode.id) }, datumLine(task))),
        html("td", { class: "wide-cell" }, episode.script ? datumLine(scriptLine(episode.script), "code")
          : "\u2013"),
        html("td", { class: "soft" }, datumLine(episode.id.replace(/^step-\d+\//, ""))),
          html("td", { class: "number" }, episode.reward ? numeral(episode.reward.executors) : "\u2013"),
        html("td", { class: "number" }, episode.calls.length),
          html("td", { class: "number" }, episode.events),
        html("td", { class: "number" }, seconds(episode.time)));
    }))));
}
