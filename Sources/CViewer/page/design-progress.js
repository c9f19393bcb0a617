"use strict";
// How far the statements of a design are after an event, those of its parts included.

/**
 * The nodes of a design that a stretch of work belongs to, from the script down to the innermost part. A node
 * is named
 * by its part and its statement: `/a` is of the script, `chain/b` of the part `chain`.
 * @param {Story} story
 * @param {Stretch} stretch
 * @param {ScriptBody[]} bodies the script comes last
 */
function nodesOfStretch(story, stretch, bodies) {
  const main = bodies[bodies.length - 1];
  const first = main ? main.statements[stretch.statement] : undefined;
  if (!first || stretch.kind !== "work") return [];
  const nodes = ["/" + first.name];
  let part = partOf(first, bodies);
  // An actor is called after its place, such as a.0.b: in the first copy of statement a, statement b of its
  // part.
  for (const name of actorName(story.actors[stretch.actor]).split(".").slice(1)) {
    const statement = part ? part.statements.find((one) => one.name === name) : undefined;
    if (!part || !statement) continue;
    nodes.push(part.name + "/" + name);
    part = partOf(statement, bodies);
  }
  return nodes;
}

/**
 * The part that a statement uses.
 * @param {Statement} statement
 * @param {ScriptBody[]} bodies
 */
function partOf(statement, bodies) {
  const said = statement.text.split(/\W+/);
  return bodies.find((body) => body.name !== "" && said.includes(body.name));
}

/**
 * What a player knows of the design's progress.
 * @typedef {object} Progress
 * @property {(at: number) => Map<string, NodeMark>} marks of all nodes after an event
 * @property {(at: number) => string} latest the node of the script that began last
 */

/**
 * @param {Story} story
 * @param {ScriptBody[]} bodies
 * @returns {Progress}
 */
function designProgress(story, bodies) {
  const work = story.stretches.map((stretch) => ({ stretch, nodes: nodesOfStretch(story, stretch, bodies) }))
    .filter((entry) => entry.nodes.length > 0);
  return {
    latest: (at) => {
      const began = work.filter((entry) => entry.stretch.from <= at);
      return began.length > 0 ? began[began.length - 1].nodes[0] : "/task";
    },
    marks: (at) => {
      /** @type {Map<string, NodeMark>} */
      const marks = new Map();
      for (const { stretch, nodes } of work) nodes.forEach((node) => addWork(marks, node, stretch, at));
      // A statement goes on while calls of it are still to come, and failed only if every call of it did.
      for (const { stretch, nodes } of work) {
        const mark = marks.get(nodes[0]);
        if (mark && stretch.from > at && mark.calls.length > 0) mark.state = "running";
      }
      const end = story.events[at] && story.events[at].kind === "finish";
      marks.set("/answer", { state: end ? "done" : "waiting", calls: [] });
      return marks;
    },
  };
}

/**
 * @param {Map<string, NodeMark>} marks
 * @param {string} node
 * @param {Stretch} stretch
 * @param {number} at
 */
function addWork(marks, node, stretch, at) {
  /** @type {NodeMark} */
  const mark = marks.get(node) || { state: "waiting", calls: [] };
  marks.set(node, mark);
  if (stretch.from > at) return;
  mark.calls.push({ label: stretch.label,
    state: stretch.to > at ? "running" : stretch.fault ? "fault" : "done" });
  const states = mark.calls.map((call) => call.state);
  mark.state = states.includes("running") ? "running" : states.includes("done") ? "done" : "fault";
}
