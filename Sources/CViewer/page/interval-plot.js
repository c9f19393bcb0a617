"use strict";
// Shares or differences with their intervals, a row each: success by family and level, paired differences.

/**
 * @typedef {object} IntervalRow
 * @property {string} group
 * @property {string} name
 * @property {string} style
 * @property {number} mark
 * @property {number} value
 * @property {[number, number]} interval
 * @property {string} detail
 */

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.note
 * @param {Child[]} [options.tools]
 * @param {IntervalRow[]} options.rows
 * @param {(value: number) => string} options.format
 * @param {[number, number] | null} options.domain
 * @param {Child} [options.legend]
 * @param {boolean} [options.isDense] rows of a group share a line
 */
function intervalPlot(options) {
  const { rows, format } = options;
  const groups = distinct(rows.map((row) => row.group));
  const canvas = html("div", { class: "plot rows", role: "img",
    "aria-label": options.title + ". The table has every value." });
  whenSized(canvas, (width) => {
    empty(canvas);
    canvas.append(drawIntervals(options, groups, width));
  });
  return figureOf({
    title: options.title, note: options.note, tools: options.tools,
      body: html("div", null, options.legend || null, canvas),
    table: () => ({
      head: ["group", "series", "value", "low", "high", "from"],
      rows: rows.map((row) => [row.group, row.name, format(row.value), format(row.interval[0]),
        format(row.interval[1]), row.detail]),
    }),
  });
}

/**
 * @param {{rows: IntervalRow[], format: (value: number) => string, domain: [number, number] | null, isDense?:
 *   boolean}} options
 * @param {string[]} groups
 * @param {number} width
 */
function drawIntervals(options, groups, width) {
  const { rows, format } = options;
  const left = Math.min(150, Math.max(84, width * 0.22));
  const domain = options.domain || roomFor(
    rows.reduce((/** @type {number[]} */ all, row) => all.concat(row.interval), [0]));
  const x = linear(domain, [left, width - 52]);
  const pitch = options.isDense ? 17 : 21;
  const picture = svg("svg", { width, "aria-hidden": "true" });
  const ground = svg("g", null);
  picture.append(ground);
  let y = 8;
  for (const group of groups) {
    const members = rows.filter((row) => row.group === group);
    const top = y;
    picture.append(svg("text", { class: "group-name", x: 0, y: y + pitch / 2 + 5 },
      oneLine(group, Math.floor(left / 7)),
      svg("title", null, visible(group))));
    for (const row of members) {
      const middle = y + pitch / 2;
      picture.append(svg("g", { class: "interval " + row.style },
        svg("title", null, visible(row.group + ", " + row.name + ": " + format(row.value) + " ("
          + format(row.interval[0]) + " to "
          + format(row.interval[1]) + "), " + row.detail)),
        svg("rect", { class: "reach", x: 0, y, width, height: pitch }),
        svg("path", { class: "whisker " + row.style,
          d: "M" + x.place(row.interval[0]) + " " + middle + "H" + x.place(row.interval[1]) }),
        pointShape(row.mark, x.place(row.value), middle, "point " + row.style),
        svg("text", { class: "value", x: width, y: middle + 4, "text-anchor": "end" }, format(row.value))));
      y += pitch;
    }
    y += 8;
    ground.append(svg("path", { class: "grid", d: "M0 " + (Math.round(y - 4) + 0.5) + "H" + width }));
    if (members.length === 0) y = top;
  }
  for (const value of ticks(domain, Math.max(2, (width - left) / 90))) {
    const at = Math.round(x.place(value)) + 0.5;
    ground.append(svg("path", { class: value === 0 ? "grid zero" : "grid", d: "M" + at + " 0V" + y }),
      svg("text", { class: "tick", x: at, y: y + 14, "text-anchor": "middle" }, format(value)));
  }
  picture.setAttribute("height", String(y + 20));
  return picture;
}
