"use strict";
// The tokens of a generation, shaded by their probability, with what the mask forbade.

/**
 * @param {GeneratedToken[]} tokens
 * @param {number} [temperature]
 */
function tokenView(tokens, temperature) {
  const reading = html("p", { class: "token-reading", "aria-live": "polite" },
    "Point at a token, or use the arrow keys.");
  const row = html("div", { class: "tokens", tabindex: 0, role: "group",
    "aria-label": counted(tokens.length, "token") + ". Arrow keys read them." });
  let current = -1;
  const shown = tokens.slice(0, 2000);
  const read = (/** @type {number} */ at) => {
    current = at;
    Array.from(row.children).forEach((element, index) => element.classList.toggle("current", index === at));
    empty(reading);
    reading.append(...tokenReading(shown[at], at));
  };
  shown.forEach((token, at) => {
    const probability = Math.exp(token.log_probability);
    const element = html("span", {
      class: "token" + (probability < 0.1 ? " rare" : probability < 0.5 ? " unsure" : ""),
        onpointerenter: () => read(at), onclick: () => read(at),
      style: "--p:" + (1 - probability).toFixed(3),
    }, datum(oneLine(token.text === "" ? "\u2400" : token.text, 200)));
    row.append(element);
  });
  row.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || shown.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    read(Math.max(0, Math.min(shown.length - 1, current + by)));
  });
  const holder = html("div", { class: "behind", hidden: true });
  const toggle = html("button", { class: "quiet", type: "button", "aria-expanded": "false", onclick: () => {
    holder.hidden = !holder.hidden;
    toggle.setAttribute("aria-expanded", String(!holder.hidden));
    if (!holder.hidden && holder.childElementCount === 0) holder.append(tokenTable(tokens));
  } }, "Table");
  return html("div", null, html("div", { class: "token-head" },
    html("h4", null, counted(tokens.length, "token")),
    html("span", { class: "note" }, "darker and underlined: less probable"
      + (temperature === undefined ? "" : ", at temperature " + numeral(temperature))), toggle),
  row, tokens.length > shown.length ? html(
    "p", { class: "note" }, "The first 2,000 are shown; the table has all.") : null, reading, holder);
}

/** @param {GeneratedToken} token @param {number} at */
function tokenReading(token, at) {
  /** @type {(Node | string)[]} */
  const parts = [html("b", null, datum(oneLine(token.text, 60))), " is token " + (at + 1) + ", probability ",
    html("b", null, percent(Math.exp(token.log_probability))), ". "];
  if (token.allowed === undefined) parts.push("The mask let every token through.");
  else if (token.allowed === 1) parts.push(
    "The mask let only this token through; all others were forbidden.");
  else parts.push("The mask let " + token.allowed + " tokens through and forbade all others.");
  if (token.alternatives && token.alternatives.length > 1) {
    parts.push(" Allowed: ");
    token.alternatives.slice(0, 64).forEach(
      (text) => parts.push(html("span", { class: "allowed" + (text === token.text ? " taken" : "") },
      datum(oneLine(text, 40))), " "));
  }
  return parts;
}

/** @param {GeneratedToken[]} tokens */
function tokenTable(tokens) {
  return dataTable({
    head: ["token", "text", "id", "probability", "allowed by the mask", "allowed texts"],
    rows: tokens.map((token, at) => [at + 1, token.text, token.id, percent(Math.exp(token.log_probability)),
      token.allowed === undefined ? "all" : token.allowed, (token.alternatives || []).join(" ")]),
  }, "Tokens");
}
