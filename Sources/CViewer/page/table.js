"use strict";
// Tables: the one behind every chart, and those that stand for themselves.

/** @typedef {{head: string[], rows: (string | number | null)[][]}} TableData */

const shownRows = 200;

/**
 * A table that shows its first rows until the reader asks for the rest.
 * @param {TableData} data
 * @param {string} caption
 */
function dataTable(data, caption) {
  const body = html("tbody", null);
  const isNumeric = data.head.map((_, column) =>
    data.rows.some((row) => typeof row[column] === "number")
    && data.rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const add = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (const row of data.rows.slice(from, to)) {
      body.append(html("tr", null, ...row.map((cell, column) =>
        html("td", { class: isNumeric[column] ? "number" : null },
          typeof cell === "number" ? tableNumeral(cell) : cell === null ? "\u2013"
            : datumLine(String(cell))))));
    }
  };
  add(0, shownRows);
  const table = html("table", null, html("caption", { class: "offscreen" }, caption),
    html("thead", null, html("tr", null, ...data.head.map((name, column) =>
      html("th", { scope: "col", class: isNumeric[column] ? "number" : null }, visible(name))))), body);
  const frame = html("div", { class: "table", tabindex: 0, role: "region",
    "aria-label": "Table: " + caption }, table);
  if (data.rows.length > shownRows) {
    const more = html("button", {
      class: "quiet", type: "button",
      onclick: () => {
        add(shownRows, data.rows.length);
        more.remove();
      },
    }, "Show all " + counted(data.rows.length, "row"));
    frame.append(more);
  }
  return frame;
}

/**
 * Numbers in tables keep four digits, so that columns can be compared.
 * @param {number} value
 */
function tableNumeral(value) {
  if (Number.isInteger(value)) return value.toLocaleString("en").replace(/^-/, "\u2212");
  return String(Number(value.toPrecision(4))).replace(/^-/, "\u2212").replace("e-", "\u00d710^\u2212");
}

/**
 * A figure: title, note, tools, what it shows, and the table behind it.
 * @param {object} parts
 * @param {string} parts.title
 * @param {string} parts.note
 * @param {Child[]} [parts.tools]
 * @param {HTMLElement} parts.body
 * @param {() => TableData} parts.table
 * @param {string} [parts.style]
 * @param {boolean} [parts.isSmall]
 */
function figureOf(parts) {
  const holder = html("div", { class: "behind", hidden: true });
  const toggle = html("button", {
    class: "quiet", type: "button", "aria-expanded": "false", "aria-label": "Table behind " + parts.title,
    onclick: () => {
      const isOpen = holder.hidden;
      holder.hidden = !isOpen;
      toggle.setAttribute("aria-expanded", String(isOpen));
      empty(holder);
      if (isOpen) holder.append(dataTable(parts.table(), parts.title));
    },
  }, "Table");
  return html("figure", { class: "figure " + (parts.style || "") },
    html("figcaption", null, html("div", { class: "caption" },
      html(parts.isSmall ? "h4" : "h3", null, visible(parts.title)),
      parts.note ? html("p", null, visible(parts.note)) : null),
    html("div", { class: "tools" }, ...(parts.tools || []), toggle)), parts.body, holder);
}
