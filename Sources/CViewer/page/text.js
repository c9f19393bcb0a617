"use strict";
// Numbers and texts as a reader sees them.

/** How much of a long text is shown until the reader asks for the whole. */
const shownCharacters = 2000;

/**
 * The text with control characters, and characters that turn or hide text, as symbols. Line feeds and tabs
 * stay.
 * @param {string} text
 */
function visible(text) {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      if (code === 0x7f) return "\u2421";
      return "\u27e8U+" + code.toString(16).toUpperCase().padStart(4, "0") + "\u27e9";
    }).replace(/[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g, "$1\ufffd");
}

/**
 * The text on one line, cut to a length.
 * @param {string} text
 * @param {number} length
 */
function oneLine(text, length) {
  const cut = text.length > length;
  const shown = visible(cut ? text.slice(0, length) : text).replace(/\s*[\n\t]+\s*/g, " ");
  return cut ? shown + "\u2026" : shown;
}

/**
 * A number with about three significant digits.
 * @param {number | null | undefined} value
 */
function numeral(value) {
  if (value === null || value === undefined || !isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1).replace("e", "\u00d710^").replace("^+", "^");
  if (size >= 10000 || Number.isInteger(value)) return signed(value).toLocaleString("en").replace(
    /^-/, "\u2212");
  return String(signed(Number(value.toPrecision(3)))).replace(/^-/, "\u2212");
}

/**
 * Numbers with a fraction are rounded where no one reads it.
 * @param {number} value
 */
function signed(value) {
  return Math.abs(value) >= 10000 ? Math.round(value) : value;
}

/** @param {number | null | undefined} value a share from 0 to 1 */
function percent(value) {
  if (value === null || value === undefined || !isFinite(value)) return "\u2013";
  return (value * 100).toFixed(Math.abs(value) < 0.0995 && value !== 0 ? 1 : 0).replace(/^-/, "\u2212")
    + "\u00a0%";
}

/** @param {number} value a difference of shares */
function points(value) {
  const text = (Math.abs(value) * 100).toFixed(1);
  return (value > 0 ? "+" : value < 0 ? "\u2212" : "\u00b1") + text;
}

/** @param {number | null | undefined} value */
function seconds(value) {
  if (value === null || value === undefined || !isFinite(value)) return "\u2013";
  if (value === 0) return "0\u00a0s";
  if (value < 0.001) return numeral(value * 1e6) + "\u00a0\u00b5s";
  if (value < 1) return numeral(value * 1000) + "\u00a0ms";
  return numeral(value) + "\u00a0s";
}

/**
 * The number with its noun: 1 event, 2 events.
 * @param {number} count
 * @param {string} noun
 * @param {string} [plural]
 */
function counted(count, noun, plural) {
  return numeral(count) + "\u00a0" + (count === 1 ? noun : plural || noun + "s");
}

/**
 * A column's name as words: `held_out.repair` is "held out, repair".
 * @param {string} name
 */
function words(name) {
  return name.replace(/\./g, ", ").replace(/_/g, " ");
}

/**
 * The part of an actor's path that tells it from the others.
 * @param {string} path
 */
function actorName(path) {
  const parts = path.split("/");
  return parts[parts.length - 1] || path;
}

/**
 * The script on one line, as in designs.csv.
 * @param {string} script
 */
function scriptLine(script) {
  return script.split(/\s*\n\s*/).join(" ").replace(/;? *answer a$/, "").replace(/^a = /, (start) =>
    /; [b-z]+ = /.test(script.replace(/\n/g, " ")) ? start : "");
}
