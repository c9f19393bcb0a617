"use strict";
// Events in words, and what an episode's events say together: actors, work in progress, troubles.

/**
 * What the page knows of a kind of events. `group` decides the colour, and `action` says what happened; without
 * it, the event's name does.
 * @typedef {object} EventKind
 * @property {string} sign
 * @property {string} name
 * @property {string} says
 * @property {"outside" | "message" | "trouble" | "other"} group
 * @property {(event: LogEvent, said: Record<string, any>) => string} [action]
 */

const messageAction = (/** @type {LogEvent} */ event) =>
  messageName(event.name) + messageContent(event.payload);

/** @type {Record<string, EventKind>} */
const kinds = {
  spawn: { sign: "+", name: "start", group: "other", says: "An actor starts.", action: () => "starts" },
  delivery: { sign: "\u2192", name: "message", group: "message", says: "A message arrives.",
    action: messageAction },
  reply: { sign: "\u21a9", name: "reply", group: "message", says: "A reply arrives.", action: messageAction },
  timer: { sign: "\u25f7", name: "timer", group: "other", says: "A timer of the actor goes off." },
  call: { sign: "\u25b8", name: "call", group: "outside",
    says: "The actor calls the world outside; a completion answers.",
    action: (event, said) => (said.role ? "asks the policy as " + said.role : "calls " + event.name) },
  completion: { sign: "\u25c2", name: "completion", group: "outside",
    says: "The world outside answers a call.",
    action: (event, said) =>
      ("text" in said ? "\u201c" + String(said.text) + "\u201d" : event.name + " is answered") },
  mark: { sign: "\u2691", name: "mark", group: "other", says: "A place at which episodes can be forked." },
  note: { sign: "\u270e", name: "note", group: "other", says: "The actor notes something in the log.",
    action: (event, said) => ("text" in said ? event.name + ": " + String(said.text)
      : "reward" in said ? "reward " + String(said.reward) : event.name) },
  finish: { sign: "\u25a0", name: "finish", group: "other", says: "The episode finishes with its result.",
    action: (_, said) => ("answer" in said ? "answer " + (said.answer === null ? "none" : String(said.answer))
      + ("solved" in said ? (said.solved ? ", solved" : ", not solved") : "") : "finishes") },
  deadline: { sign: "\u23f1", name: "deadline", group: "trouble",
    says: "A deadline passed before a reply came." },
  deadLetter: { sign: "\u2205", name: "dead letter", group: "trouble",
    says: "A message came to an actor that has stopped or is down, or too late.", action: messageAction },
  drop: { sign: "\u2300", name: "lost message", group: "trouble", says: "A fault lost a message.",
    action: messageAction },
  adoption: { sign: "\u21b3", name: "adoption", group: "other",
    says: "A task left the lanes and was taken back." },
  failure: { sign: "\u2716", name: "failure", group: "trouble",
    says: "The episode ended without finishing." },
  fault: { sign: "\u21af", name: "fault", group: "trouble",
    says: "A fault struck a message, an operation or a call." },
  crash: { sign: "\u2715", name: "crash", group: "trouble",
    says: "The actor lost everything except what it persisted." },
  restart: { sign: "\u21bb", name: "restart", group: "other",
    says: "The actor that had crashed was started again." },
  persist: { sign: "\u25a3", name: "save", group: "other",
    says: "The actor saved a value that survives a crash." },
  cancellation: { sign: "\u2298", name: "cancellation", group: "other",
    says: "A wait ended because its task was cancelled." },
  discard: { sign: "\u00b7", name: "discard", group: "other",
    says: "A crashed incarnation did something, which had no effect." },
};

/**
 * @param {string} kind
 * @returns {EventKind}
 */
function kindOf(kind) {
  return Object.prototype.hasOwnProperty.call(kinds, kind) ? kinds[kind]
    : { sign: "?", name: oneLine(kind, 20), group: "other", says: "" };
}

/**
 * Whether an event is something that went wrong.
 * @param {LogEvent} event
 */
function isTrouble(event) {
  return kindOf(event.kind).group === "trouble" || (event.kind === "note" && event.name === "format error")
    || Boolean(event.payload && typeof event.payload === "object" && event.payload.fault);
}

/**
 * What happened, without the actor to which it happened.
 * @param {LogEvent} event
 */
function eventAction(event) {
  const kind = kindOf(event.kind);
  return kind.action ? kind.action(event, event.said || {}) : event.name || kind.name;
}

/**
 * `actors.work` is `work`.
 * @param {string} name
 */
function messageName(name) {
  return name.replace(/^actors\./, "");
}

/**
 * What a message holds, shortly.
 * @param {any} payload
 */
function messageContent(payload) {
  if (payload === null || typeof payload !== "object") return payload === undefined ? ""
    : ": " + String(payload).slice(0, 300);
  const at = (/** @type {string[]} */ path) => path.reduce((/** @type {any} */ value, key) =>
    (value !== null && typeof value === "object" ? value[key] : undefined), payload);
  const fault = at(["fault"]);
  if (fault) return ": " + faultWords(fault).slice(0, 200);
  const parts = [at(["role"]), at(["work", "answer"]) === undefined ? at(["work", "state"])
    : "answer " + at(["work", "answer"]), at(["text"]),
    at(["prompt"]), at(["task", "statement"])].filter((value) => typeof value === "string");
  if (parts.length > 0) return ": " + parts.join(", ").slice(0, 300);
  const text = JSON.stringify(payload);
  return text.length > 2 ? ": " + text.slice(0, 300) : "";
}

/**
 * `{"malformed": {"_0": "no role"}}` is `malformed: no role`.
 * @param {any} fault
 * @returns {string}
 */
function faultWords(fault) {
  if (fault === null || typeof fault !== "object") return String(fault);
  return Object.keys(fault).map((key) => {
    const inner = faultWords(fault[key]);
    return /^_\d+$/.test(key) ? inner : inner === "" ? key : key + ": " + inner;
  }).join(", ");
}

/**
 * The event as one sentence.
 * @param {LogEvent} event
 */
function eventSentence(event) {
  const from = event.peer ? actorName(event.peer) + " to " : "";
  return "Event " + event.event + ", " + seconds(event.time) + ", " + kindOf(event.kind).name + ", " + from
    + actorName(event.subject) + ": "
    + oneLine(eventAction(event), 200);
}

/**
 * A stretch in which an actor works for a statement, or waits for the world outside. `to` is the number of
 * events where
 * it never ended.
 * @typedef {{actor: number, from: number, to: number, kind: "call" | "work", label: string, statement:
 *   number, index: number, fault: string | null}} Stretch
 */

/**
 * An expectation that does not hold, and the place of the event that decided it; -1 if there is none.
 * @typedef {{text: string, at: number}} Violation
 */

/**
 * An episode as the player sees it.
 * @typedef {object} Story
 * @property {Sample} sample
 * @property {LogEvent[]} events
 * @property {string[]} actors their paths, in the order in which they appear
 * @property {string[]} actorNames
 * @property {Int32Array} subject the actor of each event, -1 if it has none
 * @property {Int32Array} peer
 * @property {Stretch[]} stretches
 * @property {number[]} troubles places of events at which something went wrong
 * @property {Violation[]} violations the expectations that do not hold
 */

/**
 * @param {Sample} sample
 * @returns {Story}
 */
function storyOf(sample) {
  const events = sample.events;
  /** @type {Map<string, number>} */
  const places = new Map();
  const place = (/** @type {string} */ path) => {
    if (!path) return -1;
    const known = places.get(path);
    if (known !== undefined) return known;
    places.set(path, places.size);
    return places.size - 1;
  };
  // Who holds others comes before them: the root, the environment, then the actors in the order in which they
  // appear.
  const depth = (/** @type {string} */ path) => path.split("/").length;
  distinct(events.reduce((/** @type {string[]} */ all, event) => {
    all.push(event.peer, event.subject);
    return all;
  }, [])).sort((a, b) => depth(a) - depth(b)).forEach(place);
  const [subject, peer] = [new Int32Array(events.length), new Int32Array(events.length)];
  /** @type {Stretch[]} */
  const stretches = [];
  /** @type {Map<string, Stretch>} */
  const open = new Map();
  const violations = violationsOf(sample);
  const decided = new Set(violations.map((violation) => violation.at));
  /** @type {number[]} */
  const troubles = [];
  // An executor notes a format error and then replies with it: one problem, at the note.
  const noted = new Set();
  events.forEach((event, at) => {
    peer[at] = place(event.peer);
    subject[at] = place(event.subject);
    if (event.kind === "note" && event.name === "format error") noted.add(event.subject);
    const isTold = event.kind === "reply" && noted.has(event.peer);
    if (decided.has(at) || (isTrouble(event) && !isTold)) troubles.push(at);
    const began = beginning(event, subject[at], at, events.length);
    if (began) {
      open.set(began.key, began.stretch);
      stretches.push(began.stretch);
    }
    const key = event.kind === "completion" ? "call " + event.call : event.kind === "reply"
      ? "work " + event.peer : "";
    const ended = open.get(key);
    if (ended) {
      ended.to = at;
      if (event.payload && event.payload.fault) ended.fault = faultWords(event.payload.fault);
      open.delete(key);
    }
    if (event.kind === "crash") {
      open.forEach((stretch, name) => {
        if (stretch.actor !== subject[at]) return;
        stretch.to = at;
        stretch.fault = "crash";
        open.delete(name);
      });
    }
  });
  const actors = Array.from(places.keys());
  const short = actors.map(actorName);
  return {
    sample, events, actors, subject, peer, stretches, troubles, violations,
    actorNames: short.map((name, at) =>
      (short.indexOf(name) === short.lastIndexOf(name) ? name : actors[at])),
  };
}

/**
 * @param {Sample} sample
 * @returns {Violation[]}
 */
function violationsOf(sample) {
  const { violations, violation_events: places } = sample.episode;
  return violations.map((text, index) => {
    const place = places ? places[index] : null;
    return { text, at: place ? sample.events.findIndex((event) => event.event === place.event) : -1 };
  });
}

/**
 * Whether something went wrong at an event, or an expectation failed there.
 * @param {Story} story
 * @param {number} at
 */
function isTroubleAt(story, at) {
  return isTrouble(story.events[at]) || story.violations.some((violation) => violation.at === at);
}

/** @param {LogEvent} event @param {number} actor @param {number} at @param {number} end */
function beginning(event, actor, at, end) {
  /** @type {Stretch} */
  const stretch = { actor, from: at, to: end, kind: "call", label: event.name, statement: -1, index: -1,
    fault: null };
  if (event.kind === "call") {
    const said = event.said || {};
    if (typeof said.statement === "number" && said.caller === "executor") [
      stretch.statement, stretch.index] = [said.statement, said.index];
    if (said.role) stretch.label = String(said.role);
    return { key: "call " + event.call, stretch };
  }
  const id = event.kind === "delivery" && event.payload && typeof event.payload === "object"
    ? event.payload.id : null;
  if (id && typeof id === "object" && typeof id.statement === "number") {
    [stretch.kind, stretch.statement, stretch.index] = ["work", id.statement, Number(id.index) || 0];
    stretch.label = String(event.payload.role || event.payload.tool || "tool");
    return { key: "work " + event.subject, stretch };
  }
  return null;
}
