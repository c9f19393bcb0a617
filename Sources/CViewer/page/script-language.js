"use strict";
// Reads a script (docs/scripts.md) for drawing. It takes more than the language allows and never fails: what
// it cannot
// read is left out, because the page may be older than the script.

/**
 * @typedef {object} Statement
 * @property {string} name what it binds
 * @property {string} kind agent, ensemble, ...
 * @property {string} detail the rest of the node in words
 * @property {string[]} inputs task, parameters or names of earlier statements
 * @property {string} text
 */

/**
 * @typedef {object} ScriptBody
 * @property {string} name empty for the script itself
 * @property {string[]} parameters
 * @property {Statement[]} statements
 * @property {string | null} answer
 */

/**
 * The script itself and, before it, the parts that it defines.
 * @param {string} text
 * @returns {ScriptBody[]}
 */
function readScript(text) {
  const tokens = text.replace(/#[^\n]*/g, "").match(/[A-Za-z0-9_]+|[^\sA-Za-z0-9_]|\n/g) || [];
  /** @type {ScriptBody[]} */
  const bodies = [];
  let body = newBody("", []);
  const main = body;
  let start = 0;
  while (start < tokens.length) {
    if (tokens[start] === "define") {
      const open = tokens.indexOf("[", start);
      if (open < 0) break;
      const head = tokens.slice(start + 1, open).filter((token) => /^\w+$/.test(token));
      body = newBody(head[0] || "", head.slice(1));
      bodies.push(body);
      start = open + 1;
      continue;
    }
    if (tokens[start] === "]") {
      body = main;
      start += 1;
      continue;
    }
    let end = start;
    let depth = 0;
    while (end < tokens.length && tokens[end] !== "]"
      && !(depth === 0 && (tokens[end] === ";" || tokens[end] === "\n"))) {
      if (tokens[end] === "(") depth += 1;
      if (tokens[end] === ")") depth -= 1;
      end += 1;
    }
    const line = tokens.slice(start, end).filter((token) => token !== "\n");
    if (line[0] === "answer") body.answer = line[1] || null;
    else if (line[1] === "=") body.statements.push(readStatement(line));
    start = end < tokens.length && tokens[end] === "]" ? end : end + 1;
  }
  bodies.push(main);
  return bodies;
}

/**
 * The bodies of a script, and before them the parts of a library that they use.
 * @param {ScriptBody[]} bodies
 * @param {string[]} library
 */
function withLibrary(bodies, library) {
  const known = library.reduce((/** @type {ScriptBody[]} */ all, text) =>
    all.concat(readScript(text).slice(0, -1)), []);
  const all = bodies.slice();
  for (let at = all.length - 1; at >= 0; at = Math.min(at, all.length) - 1) {
    const said = all[at].statements.map((statement) => statement.text).join(" ").split(/\W+/);
    const missing = known.filter((part) => said.includes(part.name)
      && !all.some((body) => body.name === part.name));
    all.splice(0, 0, ...missing);
    at += missing.length;
  }
  return all;
}

/**
 * @param {string} name
 * @param {string[]} parameters
 * @returns {ScriptBody}
 */
function newBody(name, parameters) {
  return { name, parameters, statements: [], answer: null };
}

/** @param {string[]} line @returns {Statement} */
function readStatement(line) {
  const open = line.lastIndexOf("(");
  const close = line.indexOf(")", open);
  const inputs = open < 0 ? [] : line.slice(open + 1, close < 0 ? line.length : close).filter(
    (token) => token !== ",");
  const before = line.slice(3, open < 0 ? line.length : open);
  const after = close < 0 ? [] : line.slice(close + 1);
  const kind = line[2] || "";
  const text = before.concat(after).join(" ").replace(/ ,/g, ",");
  return { name: line[0], kind, detail: nodeDetail(kind, before, after) || text, inputs,
    text: kind + " " + text };
}

/**
 * What a node does, for its second line.
 * @param {string} kind
 * @param {string[]} words
 * @param {string[]} after
 */
function nodeDetail(kind, words, after) {
  switch (kind) {
    case "ensemble": return words[0] + " \u00d7 " + words[1] + ", " + after.join(" ");
    case "debate": return words[0] + " \u00d7 " + words[2] + ", " + words[1] + " rounds, " + after.join(" ");
    case "reflect": return words[2] + ", judged by " + words[1] + ", " + words[0] + "\u00d7";
    case "repeat": return words[1] + " until " + words[3] + ", " + words[0] + "\u00d7";
    case "split": return words[1] + " \u2192 " + words[0] + " \u00d7 " + words[2] + " \u2192 " + words[3];
    default: return "";
  }
}
