"use strict";
// A script drawn as the graph of what its statements read.

/**
 * @typedef {object} NodeMark
 * @property {"waiting" | "running" | "done" | "fault"} state
 * @property {{label: string, state: "running" | "done" | "fault"}[]} calls
 */

/**
 * @typedef {object} GraphNode
 * @property {string} name
 * @property {string} title
 * @property {string} detail
 * @property {string[]} inputs
 * @property {boolean} isUsed whether the answer depends on it
 * @property {number} layer
 * @property {number} row
 */

const nodeSize = { width: 164, height: 52, gapX: 40, gapY: 22 };

/**
 * The nodes of a body with their places: a layer to the right of everything that a node reads.
 * @param {ScriptBody} body
 * @returns {GraphNode[]}
 */
function placeNodes(body) {
  /** @type {Map<string, GraphNode>} */
  const nodes = new Map();
  const sources = body.parameters.length > 0 ? body.parameters : ["task"];
  sources.forEach((name, row) =>
    nodes.set(name, { name, title: name, detail: "", inputs: [], isUsed: true, layer: 0, row }));
  for (const statement of body.statements) {
    const inputs = statement.inputs.filter((input) => nodes.has(input));
    const layer = 1 + Math.max(0, ...inputs.map((input) => layerOf(nodes.get(input))));
    nodes.set(statement.name, {
      name: statement.name, title: statement.name + " = " + statement.kind, detail: statement.detail, inputs,
      isUsed: false, layer, row: 0,
    });
  }
  const list = Array.from(nodes.values());
  const used = [body.answer];
  while (used.length > 0) {
    const node = nodes.get(used.pop() || "");
    if (!node || node.isUsed) continue;
    node.isUsed = true;
    used.push(...node.inputs);
  }
  /** @type {number[]} */
  const rows = [sources.length];
  for (const node of list.slice(sources.length)) {
    const taken = rows[node.layer] || 0;
    node.row = taken;
    rows[node.layer] = taken + 1;
  }
  if (body.answer !== null && nodes.has(body.answer)) {
    const layer = 1 + Math.max(...list.map((node) => node.layer));
    list.push({ name: "answer", title: "answer", detail: "", inputs: [body.answer], isUsed: true, layer,
      row: 0 });
  }
  return list;
}

/** @param {GraphNode | undefined} node */
function layerOf(node) {
  return node ? node.layer : 0;
}

/**
 * @typedef {object} ScriptGraph
 * @property {HTMLElement} element
 * @property {ScriptBody[]} bodies what is drawn; the script itself comes last
 * @property {(marks: Map<string, NodeMark>, latest: string) => void} mark and bring the latest node into view
 */

/**
 * Draws a script. `mark` shows how far its statements are.
 * @param {string} script
 * @param {string[]} library the parts that a scenario gives; those that the script uses are drawn with it
 * @param {((name: string) => void) | null} chosen is called with the name of a node that is clicked
 * @returns {ScriptGraph}
 */
function scriptGraph(script, library, chosen) {
  const bodies = withLibrary(readScript(script), library).filter((body) => body.statements.length > 0);
  const element = html("div", { class: "graphs" });
  /** @type {Map<string, SVGGElement>} */
  const boxes = new Map();
  bodies.slice().reverse().forEach((body) => {
    const isMain = body === bodies[bodies.length - 1];
    const drawing = drawBody(body, boxes, isMain ? chosen : null);
    element.append(html("div", { class: "graph", tabindex: 0, role: "region",
      "aria-label": graphLabel(body) },
      isMain ? null : html("h4", null, "part ", datum(body.name + "(" + body.parameters.join(", ") + ")")),
        drawing));
  });
  let seen = "";
  return {
    element, bodies,
    mark: (marks, latest) => {
      boxes.forEach((box, name) => markBox(box, marks.get(name)));
      const [box, frame] = [boxes.get(latest), element.parentElement];
      if (latest === seen || !box || !frame) return;
      seen = latest;
      const [inner, outer] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
      if (inner.left < outer.left + 20
        || inner.right > outer.right - 20) frame.scrollLeft += inner.left - outer.left - outer.width / 2;
      if (inner.top < outer.top + 4
        || inner.bottom > outer.bottom - 4) frame.scrollTop += inner.top - outer.top - (
        outer.height - inner.height) / 2;
    },
  };
}

/** @param {ScriptBody} body */
function graphLabel(body) {
  const statements = body.statements.map((statement) =>
    statement.name + ": " + statement.text + " of " + statement.inputs.join(" and "));
  return visible("Design" + (body.name ? " of part " + body.name : "") + ". " + statements.join("; ")
    + "; answer "
    + String(body.answer)).slice(0, 1500);
}

/**
 * @param {ScriptBody} body
 * @param {Map<string, SVGGElement>} boxes
 * @param {((name: string) => void) | null} chosen
 */
function drawBody(body, boxes, chosen) {
  const nodes = placeNodes(body);
  const { width, height, gapX, gapY } = nodeSize;
  const endWidth = 64;
  const most = Math.max(...nodes.map((node) => node.row)) + 1;
  const last = Math.max(...nodes.map((node) => node.layer));
  const rowsOf = (/** @type {number} */ layer) => nodes.filter((node) => node.layer === layer).length;
  const arch = nodes.some((node) => node.inputs.some(
    (input) => layerOf(nodes.find((n) => n.name === input)) < node.layer - 1))
    ? 26 : 6;
  const total = most * (height + gapY) - gapY;
  const isEnd = (/** @type {GraphNode} */ node) => node.layer === 0 || node.name === "answer";
  const x = (/** @type {GraphNode} */ node) =>
    (node.layer === 0 ? 0 : endWidth + gapX + (node.layer - 1) * (width + gapX));
  const y = (/** @type {GraphNode} */ node) =>
    arch + (total - (rowsOf(node.layer) * (height + gapY) - gapY)) / 2 + node.row * (height + gapY)
      + height / 2;
  const wide = (/** @type {GraphNode} */ node) => (isEnd(node) ? endWidth : width);
  const size = { width: endWidth + gapX + (last - 1) * (width + gapX) + endWidth + 2,
    height: total + arch + 6 };
  const drawing = svg("svg", {
    style: "max-width:" + size.width + "px;min-width:" + Math.round(size.width * 0.74) + "px",
      viewBox: "-1 0 " + size.width + " " + size.height, "aria-hidden": "true",
  });
  for (const node of nodes) {
    for (const input of node.inputs) {
      const from = nodes.find((other) => other.name === input);
      if (!from) continue;
      const [x0, y0, x1, y1] = [x(from) + wide(from), y(from), x(node), y(node)];
      const isFar = node.layer - from.layer > 1;
      const lift = isFar ? Math.min(y0, y1) - height / 2 - 18 : null;
      const path = lift === null
        ? "M" + x0 + " " + y0 + "C" + (x0 + gapX * 0.5) + " " + y0 + " " + (x1 - gapX * 0.5) + " " + y1 + " "
          + (x1 - 5) + " " + y1
        : "M" + x0 + " " + y0 + "C" + (x0 + gapX) + " " + y0 + " " + (x0 + gapX * 0.4) + " " + lift + " "
          + (x0 + gapX * 1.5)
          + " " + lift + "L" + (x1 - gapX * 1.5) + " " + lift + "C" + (x1 - gapX * 0.4) + " " + lift + " "
            + (x1 - gapX) + " "
          + y1 + " " + (x1 - 5) + " " + y1;
      drawing.append(svg("path", { class: node.isUsed ? "edge" : "edge unused", d: path }),
        svg("path", { class: "edge-head", d: "M" + (x1 - 7) + " " + (y1 - 4) + "L" + x1 + " " + y1 + "L"
          + (x1 - 7) + " " + (y1 + 4) }));
    }
  }
  for (const node of nodes) {
    drawing.append(drawNode(node, x(node), y(node), wide(node), boxes, body.name, chosen));
  }
  return drawing;
}

/**
 * @param {GraphNode} node
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {Map<string, SVGGElement>} boxes by part and name
 * @param {string} part
 * @param {((name: string) => void) | null} chosen
 */
function drawNode(node, x, y, width, boxes, part, chosen) {
  const isEnd = node.detail === "" && (node.layer === 0 || node.name === "answer");
  const height = isEnd ? 30 : nodeSize.height;
  const box = svg("g", {
    class: "node" + (isEnd ? " end" : "") + (node.isUsed ? "" : " unused"), "data-x": x + width / 2,
    transform: "translate(" + x + " " + (y - height / 2) + ")",
  });
  box.append(svg("rect", { width, height, rx: isEnd ? 15 : 7 }));
  const middle = { x: width / 2, "text-anchor": "middle" };
  if (isEnd) {
    box.append(svg("text", { ...middle, y: 19 }, oneLine(node.title, 9)));
  } else {
    box.append(svg("svg", { x: 11, y: 0, width: width - 18, height, overflow: "hidden" },
      svg("text", { y: 19, class: "node-title" }, oneLine(node.title, 40)),
        svg("text", { y: 34, class: "node-detail" }, oneLine(node.detail, 60))),
    svg("g", { class: "cells" }));
    box.append(svg("title", null, visible(node.title + " " + node.detail)
      + (node.isUsed ? "" : " (the answer does not use it)")));
    if (chosen) box.addEventListener("click", () => chosen(node.name));
  }
  boxes.set(part + "/" + node.name, box);
  return box;
}

/**
 * @param {SVGGElement} box
 * @param {NodeMark | undefined} mark
 */
function markBox(box, mark) {
  box.classList.remove("waiting", "running", "done", "fault");
  if (mark) box.classList.add(mark.state);
  const cells = box.querySelector(".cells");
  if (!cells) return;
  empty(cells);
  const calls = mark ? mark.calls : [];
  const step = Math.min(12, (nodeSize.width - 22) / Math.max(1, calls.length));
  calls.forEach((call, index) => {
    const x = 11 + index * step;
    cells.append(svg("g", { class: "cell " + call.state },
      svg("title", null, visible(call.label) + ": " + call.state),
      svg("rect", { x, y: 40, width: Math.max(2, step - 3), height: 6, rx: 1.5 }),
      call.state === "fault" ? svg("path",
        { d: "M" + x + " 40l" + (step - 3) + " 6m0 -6l" + (3 - step) + " 6" }) : null));
  });
}
