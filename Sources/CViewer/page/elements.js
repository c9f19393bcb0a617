"use strict";
// Elements are made here and nowhere else. Everything that the data hold becomes a text node or an
// attribute's value;
// no text is ever read as HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {Element} element
 * @param {Record<string, any> | null} attributes functions listen to the event after `on`; null and false are
 *   left out
 * @param {Child[]} children
 */
function fill(element, attributes, children) {
  if (attributes) {
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * An element of HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function html(tag, attributes, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * An element of SVG.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} attributes
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
function svg(tag, attributes, ...children) {
  const element = /** @type {SVGElementTagNameMap[Tag]} */ (
    document.createElementNS("http://www.w3.org/2000/svg", tag));
  fill(element, attributes, children);
  return element;
}

/**
 * A text of the data, in a direction of its own and with its control characters as symbols.
 * @param {string} text
 * @param {string} [style] a class
 */
function datum(text, style) {
  return html("bdi", { class: style }, visible(text));
}

/**
 * A text of the data on a line of its own that is cut where the space ends; the whole is its title.
 * @param {string} text
 * @param {string} [style]
 */
function datumLine(text, style) {
  return html("bdi", { class: "line " + (style || ""), title: oneLine(text, 600) }, oneLine(text, 240));
}

/**
 * A long text as it stands, cut until the reader asks for the whole.
 * @param {string} text
 * @param {string} label
 */
function textBlock(text, label) {
  const block = html("pre", { class: "block", dir: "auto", tabindex: 0, role: "region",
    "aria-label": label });
  block.textContent = visible(text.slice(0, shownCharacters));
  if (text.length <= shownCharacters) return html("div", null, block);
  const size = counted(text.length, "character");
  const rest = html("button", {
    class: "quiet", type: "button",
    onclick: () => {
      const isWhole = rest.getAttribute("aria-pressed") === "true";
      block.textContent = visible(isWhole ? text.slice(0, shownCharacters) : text);
      rest.setAttribute("aria-pressed", String(!isWhole));
      rest.textContent = isWhole ? "Show all " + size : "Show the beginning only";
    },
  }, "Show all " + size);
  rest.setAttribute("aria-pressed", "false");
  return html("div", null, block, rest);
}

/**
 * A button that copies a text.
 * @param {() => string} text
 * @param {string} label
 */
function copyButton(text, label) {
  const button = html("button", {
    class: "quiet copy", type: "button", "aria-label": "Copy " + label,
    onclick: () => {
      const area = html("textarea", { class: "offscreen", "aria-hidden": "true" });
      area.value = text();
      document.body.append(area);
      area.select();
      const isCopied = document.execCommand("copy");
      area.remove();
      button.focus();
      button.textContent = isCopied ? "Copied" : "Not allowed";
      announce(isCopied ? "Copied" : "The browser does not allow copying");
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    },
  }, "Copy");
  return button;
}

/**
 * A command that can be copied.
 * @param {string} text
 * @param {string} does
 */
function commandLine(text, does) {
  return html("div", { class: "command" },
    html("span", { class: "does" }, does),
    html("code", { tabindex: 0, role: "group", "aria-label": does }, datum(text)),
      copyButton(() => text, "the command"));
}

/**
 * A select with its label.
 * @param {string} label
 * @param {{value: string, text: string}[]} options
 * @param {string} value
 * @param {(value: string) => void} changed
 */
function choice(label, options, value, changed) {
  const select = html("select", { "aria-label": label, onchange: () => changed(select.value) },
    ...options.map((option) => html("option", { value: option.value }, oneLine(option.text, 90))));
  select.value = value;
  return html("label", { class: "choice" }, html("span", null, label), select);
}

/**
 * Some choices side by side, of which one holds.
 * @param {string} label
 * @param {{value: string, text: string}[]} options
 * @param {string} value
 * @param {(value: string) => void} changed
 */
function segments(label, options, value, changed) {
  const group = html("div", { class: "segments", role: "group", "aria-label": label });
  for (const option of options) {
    const button = html("button", {
      type: "button", "aria-pressed": String(option.value === value),
      onclick: () => {
        for (const other of Array.from(group.children)) other.setAttribute(
          "aria-pressed", String(other === button));
        changed(option.value);
      },
    }, visible(option.text));
    group.append(button);
  }
  return group;
}

/**
 * Takes every child out.
 * @param {Element} element
 */
function empty(element) {
  while (element.lastChild) element.lastChild.remove();
}

/**
 * Says something to screen readers.
 * @param {string} text
 */
function announce(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = visible(text.slice(0, 400));
}

/**
 * Draws again whenever the element's width changes, and once when it is laid out.
 * @param {HTMLElement} element
 * @param {(width: number) => void} draw
 */
function whenSized(element, draw) {
  let last = 0;
  new ResizeObserver((entries) => {
    const width = Math.floor(entries[entries.length - 1].contentRect.width);
    if (width === last || width < 20) return;
    last = width;
    draw(width);
  }).observe(element);
}
