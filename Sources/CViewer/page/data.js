"use strict";
// The page's data: schema "troupe.page", version 1. docs/page-data.md describes the same in words. The
// objects of
// episodes and events are those of "troupe.log", which `troupe log --json` prints.

/**
 * Columns by name. All columns have the same length, and null stands for a value that was not measured. A
 * column X may
 * have companions X.low and X.high, which are its 95 % interval.
 * @typedef {Record<string, Array<number | string | null>>} Columns
 */

/**
 * @typedef {object} PageData
 * @property {"troupe.page"} schema
 * @property {number} version
 * @property {string} program
 * @property {string} title
 * @property {Run[]} runs
 * @property {Sample[]} episodes
 * @property {number | null} [refresh] after how many seconds the page reads itself again (`--watch`)
 */

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} directory
 * @property {{kind: "finished" | "running" | "incomplete", step: number, steps: number, note: string | null}}
 *   state
 * @property {{name: string, value: string}[]} facts
 * @property {{does: string, text: string}[]} commands
 * @property {string} episodeCommand what stands before an episode's id in the command that opens it
 * @property {any} scenario the scenario as JSON
 * @property {Columns | null} metrics
 * @property {Columns | null} timings
 * @property {Columns | null} evaluation
 * @property {Columns | null} evaluatedDesigns the columns of designs.csv
 * @property {Columns | null} crossings
 * @property {Outcomes[]} outcomes
 * @property {Designs | null} designs
 * @property {Distribution[]} distributions
 */

/**
 * Which of the held-out tasks a policy solved: a character a task, 0 or 1.
 * @typedef {{policy: string, family: string, decoding: string, solved: string}} Outcomes
 */

/**
 * What designers wrote in training. `counts` has the columns bucket, family, level, script (a place in
 * `scripts`, null
 * where the text was no script), count, solved and reward (means over the designs that are counted).
 * @typedef {object} Designs
 * @property {{from: number, to: number}[]} buckets steps, both ends included
 * @property {string[]} scripts
 * @property {Columns} counts
 */

/**
 * A histogram for each bucket of steps. `edges` has one number more than each row of `counts`.
 * @typedef {object} Distribution
 * @property {string} name "reward" or "credit"
 * @property {string} role
 * @property {{from: number, to: number}[]} buckets
 * @property {number[]} edges
 * @property {number[][]} counts
 */

/**
 * An episode that is kept whole, with the events that it inherits.
 * @typedef {object} Sample
 * @property {number | null} run the run's place in `runs`
 * @property {number | null} step
 * @property {Episode} episode
 * @property {LogEvent[]} events
 */

/**
 * @typedef {object} Episode
 * @property {string} id
 * @property {{episode: string, event: number, replacement: string | null} | null} parent
 * @property {"design" | "execution" | "fork" | "episode"} kind
 * @property {string} seed
 * @property {string} strategy
 * @property {number} events
 * @property {number} time
 * @property {"finished" | "failed" | "left"} status
 * @property {string | null} failure
 * @property {{family: string, level: number, statement: string, solution: string} | null} task
 * @property {string | null} script
 * @property {string | null} design_fault
 * @property {string | null} answer
 * @property {boolean | null} solved
 * @property {Reward | null} reward
 * @property {CallRecord[]} calls
 * @property {CallRecord[]} tool_calls
 * @property {number} tokens
 * @property {number} design_tokens
 * @property {{event: number, text: string}[]} faults
 * @property {string[]} violations
 * @property {({event: number, time: number} | null)[]} [violation_events] the events that decided them
 * @property {{designer: number | null, executors: number | null, lacks: string | null} | null} credit
 */

/**
 * @typedef {object} Reward
 * @property {number | null} executors
 * @property {number | null} designer
 * @property {{name: string, executors: number, designer: number}[]} parts
 */

/**
 * @typedef {object} CallRecord
 * @property {number} statement
 * @property {number} index
 * @property {string} role
 * @property {boolean} on_path
 * @property {string | null} fault
 * @property {number} tokens
 * @property {number | null} [advantage]
 */

/**
 * @typedef {object} LogEvent
 * @property {string} episode
 * @property {number} event
 * @property {number} time
 * @property {string} kind
 * @property {string} subject
 * @property {string} peer
 * @property {string} name
 * @property {boolean} [inherited]
 * @property {number} [call]
 * @property {number} [units]
 * @property {any} [payload]
 * @property {Record<string, any>} [said]
 * @property {{kind: string, subject: string, peer: string, name: string, time: number}[]} [ready]
 * @property {number} [chosen]
 */

/**
 * @typedef {object} GeneratedToken
 * @property {number} id
 * @property {string} text
 * @property {number} log_probability
 * @property {number} [allowed]
 * @property {string[]} [alternatives]
 */

const pageSchema = { name: "troupe.page", version: 1 };

/**
 * Reads the data that stand in the page.
 * @returns {{data: PageData, problem: null} | {data: null, problem: string}}
 */
function readPageData() {
  const holder = document.getElementById("troupe-data");
  const text = holder ? holder.textContent || "" : "";
  /** @type {any} */
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return { data: null, problem: "The data of this page are cut short or damaged: " + String(error) };
  }
  if (!data || data.schema !== pageSchema.name) {
    return { data: null, problem: "The data of this page are not of the schema " + pageSchema.name + "." };
  }
  if (data.version !== pageSchema.version) {
    return {
      data: null,
      problem: "The data of this page have version " + String(data.version) + ", and this page reads version "
        + pageSchema.version + ". Make the page again with one version of troupe.",
    };
  }
  return { data, problem: null };
}

/**
 * The numbers of a column; nulls where it is absent.
 * @param {Columns} columns
 * @param {string} name
 * @returns {(number | null)[]}
 */
function numbers(columns, name) {
  const column = columns[name];
  if (!column) return new Array(rowCount(columns)).fill(null);
  return column.map((value) => (typeof value === "number" && isFinite(value) ? value : null));
}

/**
 * The texts of a column; empty texts where it is absent.
 * @param {Columns} columns
 * @param {string} name
 * @returns {string[]}
 */
function texts(columns, name) {
  const column = columns[name];
  if (!column) return new Array(rowCount(columns)).fill("");
  return column.map((value) => (value === null ? "" : String(value)));
}

/** @param {Columns} columns */
function rowCount(columns) {
  const first = Object.keys(columns)[0];
  return first === undefined ? 0 : columns[first].length;
}

/**
 * Whether a column has any number.
 * @param {Columns | null} columns
 * @param {string} name
 */
function hasNumbers(columns, name) {
  return columns !== null && name in columns && columns[name].some((value) => typeof value === "number");
}

/**
 * The different values of a list, in the order in which they first occur.
 * @template T
 * @param {T[]} values
 * @returns {T[]}
 */
function distinct(values) {
  return Array.from(new Set(values));
}
