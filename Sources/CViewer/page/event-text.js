"use strict";
// Events in words, and what an episode's events say together: actors, work in progress, troubles.

/** @type {Record<string, {sign: string, name: string, says: string}>} */
const kinds = {
  spawn: { sign: "+", name: "start", says: "An actor starts." },
  delivery: { sign: "\u2192", name: "message", says: "A message arrives." },
  reply: { sign: "\u21a9", name: "reply", says: "A reply arrives." },
  timer: { sign: "\u25f7", name: "timer", says: "A timer of the actor goes off." },
  call: { sign: "\u25b8", name: "call", says: "The actor calls the world outside; a completion answers." },
  completion: { sign: "\u25c2", name: "completion", says: "The world outside answers a call." },
  mark: { sign: "\u2691", name: "mark", says: "A place at which episodes can be forked." },
  note: { sign: "\u270e", name: "note", says: "The actor notes something in the log." },
  finish: { sign: "\u25a0", name: "finish", says: "The episode finishes with its result." },
  deadline: { sign: "\u23f1", name: "deadline", says: "A deadline passed before a reply came." },
  deadLetter: { sign: "\u2205", name: "dead letter",
    says: "A message came to an actor that has stopped or is down, or too late." },
  drop: { sign: "\u2300", name: "lost message", says: "A fault lost a message." },
  adoption: { sign: "\u21b3", name: "adoption", says: "A task left the lanes and was taken back." },
  failure: { sign: "\u2716", name: "failure", says: "The episode ended without finishing." },
  fault: { sign: "\u21af", name: "fault", says: "A fault struck a message, an operation or a call." },
  crash: { sign: "\u2715", name: "crash", says: "The actor lost everything except what it persisted." },
  restart: { sign: "\u21bb", name: "restart", says: "The actor that had crashed was started again." },
  persist: { sign: "\u25a3", name: "save", says: "The actor saved a value that survives a crash." },
  cancellation: { sign: "\u2298", name: "cancellation",
    says: "A wait ended because its task was cancelled." },
  discard: { sign: "\u00b7", name: "discard",
    says: "A crashed incarnation did something, which had no effect." },
};

/** @param {string} kind */
function kindOf(kind) {
  return Object.prototype.hasOwnProperty.call(kinds, kind) ? kinds[kind]
    : { sign: "?", name: oneLine(kind, 20), says: "" };
}

const troubleKinds = ["failure", "fault", "drop", "crash", "deadLetter", "deadline"];

/**
 * Whether an event is something that went wrong.
 * @param {LogEvent} event
 */
function isTrouble(event) {
  return troubleKinds.includes(event.kind) || (event.kind === "note" && event.name === "format error")
    || Boolean(event.payload && typeof event.payload === "object" && event.payload.fault);
}

/**
 * What happened, without the actor to which it happened.
 * @param {LogEvent} event
 */
function eventAction(event) {
  const said = event.said || {};
  switch (event.kind) {
    case "spawn": return "starts";
    case "call": return said.role ? "asks the policy as " + said.role : "calls " + event.name;
    case "completion": return "text" in said ? "\u201c" + String(said.text) + "\u201d"
      : event.name + " is answered";
    case "note": return "text" in said ? event.name + ": " + String(said.text) : "reward" in said
      ? "reward " + String(said.reward) : event.name;
    case "finish": return "answer" in said ? "answer " + (said.answer === null ? "none" : String(said.answer))
      + ("solved" in said ? (said.solved ? ", solved" : ", not solved") : "") : "finishes";
    case "delivery": case "reply": case "deadLetter": case "drop":
      return messageName(event.name) + messageContent(event.payload);
    default: return event.name || kindOf(event.kind).name;
  }
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
  /** @type {number[]} */
  const troubles = [];
  // An executor notes a format error and then replies with it: one problem, at the note.
  const noted = new Set();
  events.forEach((event, at) => {
    peer[at] = place(event.peer);
    subject[at] = place(event.subject);
    if (event.kind === "note" && event.name === "format error") noted.add(event.subject);
    if (isTrouble(event) && !(event.kind === "reply" && noted.has(event.peer))) troubles.push(at);
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
    sample, events, actors, subject, peer, stretches, troubles,
    actorNames: short.map((name, at) =>
      (short.indexOf(name) === short.lastIndexOf(name) ? name : actors[at])),
  };
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
