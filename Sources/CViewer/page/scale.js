"use strict";
// Scales turn values into places on an axis, and places into values.

/**
 * @typedef {object} Scale
 * @property {[number, number]} domain
 * @property {(value: number) => number} place
 * @property {(place: number) => number} value
 */

/**
 * A linear scale.
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @returns {Scale}
 */
function linear(domain, range) {
  const width = domain[1] - domain[0] || 1;
  const reach = range[1] - range[0];
  return {
    domain,
    place: (value) => range[0] + ((value - domain[0]) / width) * reach,
    value: (place) => domain[0] + ((place - range[0]) / (reach || 1)) * width,
  };
}

/**
 * Round numbers inside a range, about as many as asked for.
 * @param {[number, number]} domain
 * @param {number} count
 * @param {boolean} [whole] only whole numbers
 */
function ticks(domain, count, whole) {
  const raw = (domain[1] - domain[0]) / Math.max(1, count);
  if (!(raw > 0)) return [domain[0]];
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)
    || raw;
  if (whole) step = Math.max(1, Math.round(step));
  /** @type {number[]} */
  const values = [];
  for (let index = Math.ceil(domain[0] / step - 1e-9); index * step <= domain[1] + step * 1e-9; index += 1) {
    values.push(Number((index * step).toPrecision(12)));
  }
  return values;
}

/**
 * The range of values, with some air and, if they are near it, with zero.
 * @param {number[]} values
 * @returns {[number, number]}
 */
function roomFor(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  if (low > 0 && low < high * 0.6) low = 0;
  if (high < 0 && high > low * 0.6) high = 0;
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low * 1.2), Math.max(0, low * 1.2)];
  const air = (high - low) * 0.06;
  return [low === 0 ? 0 : low - air, high === 0 ? 0 : high + air];
}

/**
 * The 95 % Wilson score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).
 * @param {number} successes
 * @param {number} count
 * @returns {[number, number]}
 */
function wilson(successes, count) {
  if (count === 0) return [0, 1];
  const z = 1.959963984540054;
  const rate = successes / count;
  const centre = (rate + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const reach = (z / (1 + (z * z) / count)) * Math.sqrt(
    (rate * (1 - rate)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, Math.min(centre - reach, rate)), Math.min(1, Math.max(centre + reach, rate))];
}

/**
 * The place of the value in an ascending list that is nearest.
 * @param {number[]} list
 * @param {number} value
 */
function nearest(list, value) {
  const after = firstAtLeast(list, value);
  if (after === 0) return 0;
  if (after === list.length) return list.length - 1;
  return value - list[after - 1] <= list[after] - value ? after - 1 : after;
}

/**
 * The place of the first value of an ascending list that is at least this one; its length if there is none.
 * @param {ArrayLike<number>} list
 * @param {number} value
 */
function firstAtLeast(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
