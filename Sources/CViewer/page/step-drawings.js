"use strict";
// What a chart over steps can hold: curves, stacked areas, histograms over time.

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} style a class with a colour; see viewer.css
 * @property {number} mark the shape of its points, and the dashes of its line
 * @property {{x: number, y: number, low?: number | null, high?: number | null}[]} points by ascending step
 */

const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2 1 2"];

/**
 * Curves with bands for their intervals.
 * @param {Series[]} series
 * @param {(value: number) => string} format
 * @param {{least?: [number, number], hasPoints?: boolean, isSmooth?: boolean}} [options] `least` is shown in
 *   any case; smooth
 *   curves show each step faintly, and strongly the mean of the steps around it
 * @returns {StepDrawing}
 */
function curves(series, format, options) {
  const stops = distinct(series.reduce((/** @type {number[]} */ all, one) =>
    all.concat(one.points.map((point) => point.x)), [])).sort((a, b) => a - b);
  return {
    stops, format,
    extent: (range) => {
      const values = options && options.least ? options.least.slice() : [];
      for (const one of series) {
        one.points.forEach((point, index) => {
          const next = one.points[Math.min(one.points.length - 1, index + 1)];
          const before = one.points[Math.max(0, index - 1)];
          if (next.x < range[0] || before.x > range[1]) return;
          values.push(point.y);
          if (typeof point.low === "number") values.push(point.low);
          if (typeof point.high === "number") values.push(point.high);
        });
      }
      return roomFor(values);
    },
    draw: (plot) => {
      series.forEach((one) => drawBand(one, plot));
      for (const one of series) {
        const width = options && options.isSmooth ? smoothWidth(one.points.length) : 1;
        if (width > 1) drawCurve({ ...one, style: one.style + " faint", mark: 0 }, plot, false);
        drawCurve(width > 1 ? { ...one, points: smooth(one.points, width) } : one, plot,
          Boolean(options && options.hasPoints));
      }
    },
    read: (step) => series.map((one) => {
      const point = one.points.find((candidate) => candidate.x === step);
      if (!point) return null;
      const interval = typeof point.low === "number" && typeof point.high === "number"
        ? " (" + format(point.low) + " to " + format(point.high) + ")" : "";
      return { name: one.name, value: format(point.y) + interval, style: one.style, y: point.y };
    }).filter(/** @returns {reading is Reading & {y: number}} */ (reading) => reading !== null).sort(
      (a, b) => b.y - a.y),
    table: () => ({
      head: ["step", ...series.reduce((/** @type {string[]} */ names, one) =>
        names.concat(one.points.some((point) => typeof point.low === "number") ? [one.name, "low", "high"]
          : [one.name]), [])],
      rows: stops.map((stop) => [stop, ...series.reduce((/** @type {(number | null)[]} */ cells, one) => {
        const point = one.points.find((candidate) => candidate.x === stop);
        const hasInterval = one.points.some((candidate) => typeof candidate.low === "number");
        const bounds = hasInterval ? [point ? point.low || 0 : null, point ? point.high || 0 : null] : [];
        return cells.concat([point ? point.y : null], bounds);
      }, [])]),
    }),
  };
}

/**
 * How many steps a smooth curve takes the mean of.
 * @param {number} count
 */
function smoothWidth(count) {
  return count < 40 ? 1 : 2 * Math.floor(count / 40) + 3;
}

/**
 * The mean of the points around each point; at the ends, of those that there are.
 * @param {Series["points"]} points
 * @param {number} width
 */
function smooth(points, width) {
  const reach = (width - 1) / 2;
  return points.map((point, at) => {
    const near = points.slice(Math.max(0, at - reach), at + reach + 1);
    return { x: point.x, y: near.reduce((sum, other) => sum + other.y, 0) / near.length };
  });
}

/** @param {Series} one @param {Plot} plot */
function drawBand(one, plot) {
  const bounded = one.points.filter((point) => typeof point.low === "number"
    && typeof point.high === "number");
  if (bounded.length < 2) return;
  const up = bounded.map((point) => plot.x.place(point.x).toFixed(1) + " "
    + plot.y.place(Number(point.high)).toFixed(1));
  const down = bounded.map((point) =>
    plot.x.place(point.x).toFixed(1) + " " + plot.y.place(Number(point.low)).toFixed(1));
  plot.layer.append(svg("path", { class: "band " + one.style,
    d: "M" + up.concat(down.reverse()).join("L") + "Z" }));
}

/** @param {Series} one @param {Plot} plot @param {boolean} hasPoints */
function drawCurve(one, plot, hasPoints) {
  const places = one.points.map((point) =>
    plot.x.place(point.x).toFixed(1) + " " + plot.y.place(point.y).toFixed(1));
  if (places.length > 1) {
    plot.layer.append(svg("path", { class: "curve " + one.style, d: "M" + places.join("L"),
      "stroke-dasharray": dashes[one.mark % dashes.length] || null }));
  }
  if (!hasPoints && places.length > 1) return;
  for (const point of one.points) {
    plot.layer.append(pointShape(one.mark, plot.x.place(point.x), plot.y.place(point.y),
      "point " + one.style));
  }
}

/**
 * A point: circle, square, diamond, triangle, then the same hollow.
 * @param {number} mark
 * @param {number} x
 * @param {number} y
 * @param {string} style
 */
function pointShape(mark, x, y, style) {
  const paths = [
    "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0Z", "M-3.1 -3.1H3.1V3.1H-3.1Z",
      "M0 -4.4L4.4 0L0 4.4L-4.4 0Z",
    "M0 -4.1L4 3.1H-4Z",
  ];
  return svg("path", {
    class: style + (mark % 8 >= 4 ? " hollow" : ""), d: paths[mark % 4],
      transform: "translate(" + x.toFixed(1) + " " + y.toFixed(1) + ")",
  });
}

/**
 * The key of a chart: line, shape and name of each series.
 * @param {{name: string, style: string, mark: number}[]} series
 * @param {boolean} [hasPoints]
 */
function legend(series, hasPoints) {
  return html("ul", { class: "legend" }, ...series.map((one) => html("li", null,
    svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
      svg("path", { class: "curve " + one.style, d: "M1 6H25",
        "stroke-dasharray": dashes[one.mark % dashes.length] || null }),
      hasPoints ? pointShape(one.mark, 13, 6, "point " + one.style) : null), datum(one.name))));
}

/**
 * Parts of a whole, stacked; each part has a value at each stop.
 * @param {number[]} stops
 * @param {{name: string, style: string, mark: string, values: number[]}[]} parts from the bottom up
 * @param {(value: number) => string} format
 * @param {{isShare: boolean, widths?: {from: number, to: number}[]}} options
 * @returns {StepDrawing}
 */
function stacked(stops, parts, format, options) {
  const totals = stops.map((_, index) => parts.reduce((sum, part) => sum + part.values[index], 0));
  const share = (/** @type {number} */ value, /** @type {number} */ index) =>
    (options.isShare ? (totals[index] ? value / totals[index] : 0) : value);
  return {
    stops, format,
    extent: (range) => {
      if (options.isShare) return [0, 1];
      const inside = totals.filter((_, index) => stops[index] >= range[0] && stops[index] <= range[1]);
      return [0, Math.max(1e-9, ...inside) * 1.05];
    },
    draw: (plot) => {
      const base = stops.map(() => 0);
      for (const part of parts) {
        const low = base.slice();
        part.values.forEach((value, index) => { base[index] += share(value, index); });
        const left = options.widths ? options.widths.map((bucket) => bucket.from) : stops;
        const right = options.widths ? options.widths.map((bucket) => bucket.to + 1) : stops;
        const edge = (/** @type {number[]} */ heights, /** @type {number} */ index) => {
          const y = plot.y.place(heights[index]).toFixed(1);
          if (left[index] === right[index]) return [plot.x.place(left[index]).toFixed(1) + " " + y];
          const slope = (right[index] - left[index]) * 0.18;
          const ends = [left[index] + (index > 0 ? slope : 0),
            right[index] - (index < stops.length - 1 ? slope : 0)];
          return ends.map((end) => plot.x.place(end).toFixed(1) + " " + y);
        };
        const up = stops.reduce((/** @type {string[]} */ all, _, index) => all.concat(edge(base, index)), []);
        const down = stops.reduce((/** @type {string[]} */ all, _, index) => all.concat(edge(low, index)),
          []);
        plot.layer.append(svg("path", { class: "area " + part.style,
          d: "M" + up.concat(down.reverse()).join("L") + "Z" },
          svg("title", null, oneLine(part.name, 200))));
        const room = base.map((height, index) => Math.abs(plot.y.place(low[index]) - plot.y.place(height)));
        const widest = room.indexOf(Math.max(...room));
        if (room[widest] > 15 && part.mark) {
          plot.layer.append(svg("text", { class: "area-mark", x: plot.x.place(stops[widest]),
            y: plot.y.place((base[widest] + low[widest]) / 2) + 4, "text-anchor": "middle" }, part.mark));
        }
      }
    },
    read: (step) => {
      const index = stops.indexOf(step);
      return parts.map((part) => ({
        name: part.name, style: part.style, mark: part.mark, number: share(part.values[index], index),
        value: format(share(part.values[index], index)),
      })).filter((reading) => reading.number > 0).reverse();
    },
    table: () => ({
      head: ["step", ...parts.map((part) => part.name)],
      rows: stops.map((stop, index) => [stop,
        ...parts.map((part) => Number(share(part.values[index], index).toPrecision(5)))]),
    }),
  };
}

/**
 * Histograms over time: a column of cells a bucket, each as strong as its share.
 * @param {Distribution} distribution
 * @returns {StepDrawing}
 */
function heatmap(distribution) {
  const { buckets, edges, counts } = distribution;
  const stops = buckets.map((bucket) => (bucket.from + bucket.to + 1) / 2);
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const used = edges.slice(1).map((_, bin) => counts.some((row) => row[bin] > 0));
  const first = Math.max(0, used.indexOf(true));
  const last = Math.max(first, used.lastIndexOf(true));
  const bins = edges.slice(0, -1).map((_, bin) => bin).slice(first, last + 1);
  const mean = (/** @type {number} */ index) => bins.reduce((sum, bin) =>
    sum + counts[index][bin] * (edges[bin] + edges[bin + 1]) / 2, 0) / totals[index];
  return {
    stops, format: numeral, extent: () => [edges[first], edges[last + 1]],
    draw: (plot) => {
      buckets.forEach((bucket, index) => bins.forEach((bin) => {
        if (!counts[index][bin]) return;
        const share = counts[index][bin] / totals[index];
        const x = plot.x.place(bucket.from);
        const y = plot.y.place(edges[bin + 1]);
        plot.layer.append(svg("rect", {
          class: "heat " + roleStyle(distribution.role), x: x + 0.5, y: y + 0.5,
            "fill-opacity": (0.08 + 0.92 * Math.sqrt(share)).toFixed(3),
          width: Math.max(0.5, plot.x.place(bucket.to + 1) - x - 1),
            height: Math.max(0.5, plot.y.place(edges[bin]) - y - 1),
        }));
      }));
      const line = stops.map((stop, index) =>
        (totals[index] ? plot.x.place(stop).toFixed(1) + " " + plot.y.place(mean(index)).toFixed(1) : ""))
        .filter((text) => text !== "");
      if (line.length > 1) {
        plot.layer.append(svg("path", { class: "mean halo", d: "M" + line.join("L") }),
          svg("path", { class: "mean", d: "M" + line.join("L") }));
      }
    },
    read: (step) => {
      const index = stops.indexOf(step);
      const shares = bins.map((bin) => ({ bin, share: counts[index][bin] / totals[index] })).filter(
        (entry) => entry.share > 0);
      shares.sort((a, b) => b.share - a.share);
      return [{ name: "mean", value: numeral(mean(index)), style: "role-both" },
        ...shares.slice(0, 6).map((entry) => ({
        name: numeral(edges[entry.bin]) + " to " + numeral(edges[entry.bin + 1]), value: percent(entry.share),
        style: roleStyle(distribution.role),
      }))];
    },
    table: () => ({
      head: ["steps", "count", "mean", ...bins.map(
        (bin) => numeral(edges[bin]) + " to " + numeral(edges[bin + 1]))],
      rows: buckets.map((bucket, index) => [bucket.from + " to " + bucket.to, totals[index],
        totals[index] ? Number(mean(index).toPrecision(4)) : null, ...bins.map((bin) => counts[index][bin])]),
    }),
  };
}
