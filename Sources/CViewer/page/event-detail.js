"use strict";
// One event as text and as JSON, and the facts of the whole episode.

/**
 * @param {Story} story
 * @param {number} at
 * @param {(event: number) => void} go
 */
function eventDetail(story, at, go) {
  const event = story.events[at];
  const kind = kindOf(event.kind);
  const said = event.said || {};
  const partner = partnerOf(story, at);
  const element = html("div", { class: "event-detail" },
    html("h3", null, html("span", { class: "event-sign kind-of-" + kindOf(event.kind).group,
      "aria-hidden": "true" }, kind.sign), " Event " + event.event + ": " + kind.name),
    html("p", { class: "note" }, kind.says
      + (event.inherited ? " It is inherited from the episode that this one was forked from." : "")),
    factList([["time", seconds(event.time)], ["actor", event.subject], ["from", event.peer],
      ["name", event.name],
      ["units", event.units === undefined ? "" : String(event.units)]]));
  for (const { text } of story.violations.filter((violation) => violation.at === at)) {
    element.append(html("p", { class: "notice" }, "Here an expectation failed: ", datum(text)));
  }
  if (partner !== null) {
    const number = story.events[partner].event;
    element.append(html("p", null, html(
      "button", { class: "quiet", type: "button", onclick: () => go(partner) },
      (event.kind === "call" ? "Answered by event " : "Answers event ") + number)));
  }
  if (event.kind === "call" && said.role) {
    element.append(html("h4", null, "Prompt"), textBlock(String(said.prompt), "Prompt"),
      factList([["role", String(said.role)],
      ["tokens of the prompt", said.prompt_tokens === undefined ? "" : numeral(Number(said.prompt_tokens))],
        ["at most", counted(Number(said.maximum_tokens), "token")],
      ["temperature", numeral(Number(said.temperature))], ["seed", String(said.seed)]]));
  } else if (event.kind === "completion" && Array.isArray(said.tokens)) {
    const call = partner === null ? {} : story.events[partner].said || {};
    const stops = { end: "It ended by itself.", length: "It was cut off at its length.",
      constraint: "The mask let nothing more through.", cancelled: "It was cancelled.",
      overflow: "The prompt left no room in the model's context." };
    element.append(html("h4", null, "Text"), textBlock(String(said.text), "Generated text"),
      html("p", { class: "note" }, (/** @type {Record<string, string>} */ (stops)[String(said.stop)] || "")
        + " Log-probability " + numeral(said.log_probability) + "."),
      tokenView(said.tokens, typeof call.temperature === "number" ? call.temperature : undefined));
  } else if (Object.keys(said).length > 0) {
    element.append(html("h4", null, "What it says"),
      factList(Object.keys(said).map((key) =>
      [words(key), typeof said[key] === "string" ? said[key] : JSON.stringify(said[key])])));
  }
  if (event.payload !== undefined && (event.said === undefined || typeof event.payload === "object")) {
    const texts = payloadTexts(event.payload, "");
    if (texts.length > 0) element.append(html("h4", null, "Contents"), factList(texts));
  }
  if (event.ready && event.ready.length > 0) element.append(readyList(event.ready, event.chosen || 0));
  let isRounded = false;
  const json = JSON.stringify(event, (_, value) => {
    isRounded = isRounded || (Number.isInteger(value) && !Number.isSafeInteger(value));
    return value;
  }, 2);
  element.append(html("details", { class: "json" },
    html("summary", null, "JSON, as troupe log prints it"
      + (isRounded ? ", but for whole numbers beyond 2\u2075\u00b3, which a browser rounds" : "")),
    copyButton(() => json, "the JSON"), textBlock(json, "Event as JSON")));
  return element;
}

/**
 * A button that leads to an event.
 * @param {Story} story
 * @param {number} at
 * @param {(event: number) => void} go
 */
function eventButton(story, at, go) {
  return html("button", { class: "quiet to-event", type: "button", onclick: () => go(at) },
    "Event " + story.events[at].event);
}

/**
 * The call of a completion, or the completion of a call.
 * @param {Story} story
 * @param {number} at
 */
function partnerOf(story, at) {
  const stretch = story.stretches.find((one) => one.kind === "call" && (one.from === at || one.to === at));
  if (!stretch || stretch.to >= story.events.length) return null;
  return stretch.from === at ? stretch.to : stretch.from;
}

/** @param {[string, string][]} facts */
function factList(facts) {
  return html("dl", { class: "fact-list" },
    ...facts.filter((fact) => fact[1] !== "" && fact[1] !== undefined).map((fact) =>
    html("div", null, html("dt", null, visible(fact[0])),
      html("dd", null, fact[1].length > 120 || fact[1].includes("\n") ? textBlock(fact[1], fact[0])
      : datum(fact[1])))));
}

/**
 * The texts of a message by their places: `work.state`.
 * @param {any} value
 * @param {string} path
 * @returns {[string, string][]}
 */
function payloadTexts(value, path) {
  if (value !== null && typeof value === "object") {
    return Object.keys(value).slice(0, 200).reduce((/** @type {[string, string][]} */ all, key) =>
      all.concat(payloadTexts(value[key], path ? path + "." + key : key)), []);
  }
  return [[path || "bytes, hexadecimal", value === "" ? "\u201c\u201d" : String(value)]];
}

/**
 * What could have happened next, and what the scheduler chose.
 * @param {NonNullable<LogEvent["ready"]>} ready
 * @param {number} chosen
 */
function readyList(ready, chosen) {
  return html("div", null, html("h4", null, "Ready, oldest first"),
    html("p", { class: "note" }, ready.length === 1 ? "Nothing else could have happened at this time."
      : counted(ready.length, "event")
      + " could have happened next; the scheduler chose the one that is marked."),
    html("ol", { class: "ready" }, ...ready.slice(0, 100).map(
      (one, place) => html("li", { class: place === chosen ? "chosen" : null },
      html("span", { "aria-hidden": "true" }, kindOf(one.kind).sign + " "), kindOf(one.kind).name + " ",
        one.peer ? datum(oneLine(actorName(one.peer), 60)) : null, one.peer ? " \u2192 " : null,
      datum(oneLine(actorName(one.subject), 60)), " ", datum(oneLine(messageName(one.name), 80)),
        place === chosen ? html("b", null, " \u2190 chosen") : null))));
}

/**
 * The episode as a whole: task, answer, reward and its parts, credit by call, faults.
 * @param {Story} story
 * @param {string} command that opens it; empty if there is none
 * @param {(event: number) => void} go
 */
function episodeDetail(story, command, go) {
  const { episode } = story.sample;
  const element = html("div", { class: "event-detail" });
  if (episode.task) {
    element.append(html("h4", null, "Task"),
      factList([["family and level", episode.task.family + " " + episode.task.level],
      ["statement", episode.task.statement],
      ["solution", episode.task.solution], ["answer", episode.answer === null ? "none" : episode.answer]]));
  } else if (episode.answer !== null) element.append(factList([["answer", episode.answer]]));
  if (episode.design_fault) element.append(
    html("p", { class: "notice" }, "The designer\u2019s text was no script: ", datum(episode.design_fault)));
  if (episode.failure) element.append(
    html("p", { class: "notice" }, "The episode failed: ", datum(episode.failure)));
  if (episode.violations.length > 0) {
    element.append(html("h4", null, "Expectations that do not hold"),
      html("ul", null, ...story.violations.map(({ text, at }) => html("li", null, datum(text),
        at < 0 ? null : eventButton(story, at, go)))));
  }
  if (episode.faults.length > 0) {
    element.append(html("h4", null, "Faults that struck"),
      html("ul", null, ...episode.faults.map((fault) => html("li", null,
      html("button", { class: "quiet", type: "button",
        onclick: () => go(story.events.findIndex((event) => event.event === fault.event)) },
        "event " + fault.event), " ", datum(fault.text)))));
  }
  if (episode.reward) element.append(rewardTable(episode.reward, episode.credit));
  const calls = episode.calls.map((call) => ({ call, isTool: false })).concat(
    episode.tool_calls.map((call) => ({ call, isTool: true })));
  if (calls.length > 0) element.append(creditTable(calls));
  element.append(html("h4", null, "Record"),
    factList([["id", episode.id], ["forked from",
    episode.parent ? episode.parent.episode + ", event " + episode.parent.event : ""],
    ["seed", episode.seed], ["strategy", episode.strategy],
      ["executors\u2019 tokens", numeral(episode.tokens)],
      ["design\u2019s tokens", numeral(episode.design_tokens)]]));
  if (command) element.append(commandLine(command, "Open it from the log"));
  return element;
}

/** @param {Reward} reward @param {Episode["credit"]} credit */
function rewardTable(reward, credit) {
  const row = (/** @type {string} */ name, /** @type {number | null} */ executors,
    /** @type {number | null} */ designer, /** @type {string} */ style) =>
    html("tr", { class: style }, html("th", { scope: "row" }, visible(name)),
      html("td", { class: "number" }, numeral(executors)),
      html("td", { class: "number" }, numeral(designer)));
  return html("div", null, html("h4", null, "Reward"), html("table", { class: "small-table" },
    html("thead", null, html("tr", null, html("th", { scope: "col" }, "part"),
      html("th", { scope: "col", class: "number" }, "executors"),
      html("th", { scope: "col", class: "number" }, "designer"))),
    html("tbody", null, ...reward.parts.map((part) => row(part.name, part.executors, part.designer, "")),
      row("reward", reward.executors, reward.designer, "total"),
      credit ? row("credit (advantage)", credit.executors, credit.designer, "") : null)),
  credit && credit.lacks ? html("p", { class: "note" }, datum(credit.lacks)) : null);
}

/** @param {{call: CallRecord, isTool: boolean}[]} calls */
function creditTable(calls) {
  const most = Math.max(1e-9, ...calls.map((entry) => Math.abs(entry.call.advantage || 0)));
  const body = html("tbody", null);
  for (const { call, isTool } of calls) {
    const notes = [call.on_path ? "" : "the answer does not use it", call.fault || ""].filter((note) => note);
    const place = String.fromCharCode(97 + call.statement % 26) + "." + call.index;
    body.append(html("tr", null, html("th", { scope: "row" }, place),
      html("td", null, datum(oneLine(call.role, 40)), isTool ? " (tool)" : ""),
      html("td", { class: "number" }, isTool ? "\u2013" : call.tokens),
      html("td", { class: "number" }, isTool ? "\u2013" : numeral(call.advantage)),
      html("td", { class: "bar-cell" }, isTool ? null : advantageBar(call.advantage, most))));
    if (notes.length > 0) {
      body.append(html("tr", { class: "note-row" }, html("td", null), html("td", { colspan: 4 },
        call.fault ? html("span", { class: "bad-text" }, "\u2715 ") : null,
          datum(oneLine(notes.join("; "), 120)))));
    }
  }
  const head = ["call", "who", "tokens", "advantage"].map((name, column) =>
    html("th", { scope: "col", class: column > 1 ? "number" : null }, name));
  return html("div", null, html("h4", null, "Credit by call"),
    html("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Credit by call" },
      html("table", { class: "small-table" },
        html("thead", null, html("tr", null, ...head, html("td", null))), body)));
}

/**
 * An advantage as a bar to the right of the middle, or to the left where it is negative.
 * @param {number | null | undefined} value
 * @param {number} most
 */
function advantageBar(value, most) {
  const length = (Math.abs(value || 0) / most) * 31;
  return svg("svg", { width: 64, height: 10, "aria-hidden": "true" },
    svg("path", { class: "grid", d: "M32.5 0V10" }),
    value ? svg("rect", {
      class: value < 0 ? "minus" : "plus", x: value < 0 ? 32 - length : 33, y: 2, width: length, height: 6,
    }) : null);
}
