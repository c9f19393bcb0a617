"use strict";
// The page: its bar, its views, and the address that keeps the reader's place.

/**
 * What the reader looks at.
 * @typedef {object} Place
 * @property {number} run
 * @property {"report" | "episodes" | "compare" | "episode"} view
 * @property {string} section
 * @property {string} episode
 * @property {number | null} event
 * @property {string} other the episode beside it
 */

/**
 * The place that the address names.
 * @param {PageData} data
 * @returns {Place}
 */
function placeOfAddress(data) {
  const values = new URLSearchParams(location.hash.slice(1));
  const run = Math.max(0, Math.min(data.runs.length - 1, Number(values.get("run")) || 0));
  const event = values.get("event");
  /** @type {Place} */
  const place = {
    run, view: "report", section: values.get("section") || "", episode: values.get("episode") || "",
    event: event === null || !/^\d+$/.test(event) ? null : Number(event), other: values.get("other") || "",
  };
  if (place.episode) place.view = "episode";
  else if (values.has("episodes")) place.view = "episodes";
  else if (values.has("compare") || (data.runs.length > 1 && !values.has("run"))) place.view = "compare";
  else if (data.runs.length === 0) {
    place.view = data.episodes.length === 1 ? "episode" : "episodes";
    if (data.episodes.length === 1) place.episode = data.episodes[0].episode.id;
  }
  return place;
}

/**
 * The samples of a place: those of its run, or all of a page without runs.
 * @param {PageData} data
 * @param {Place} place
 */
function samplesAt(data, place) {
  return data.runs.length === 0 ? data.episodes
    : data.episodes.filter((sample) => sample.run === place.run || sample.run === null);
}

/** @param {PageData} data */
function startPage(data) {
  const main = html("main", { id: "main", tabindex: -1 });
  const links = html("nav", { class: "views", "aria-label": "Views" });
  const root = document.getElementById("page");
  if (!root) return;
  root.append(html("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    main.focus();
  } }, "Skip to the contents"),
  html("header", { class: "bar" }, html("span", { class: "mark" }, "Troupe"), links,
    html("span", { class: "spacer" }), followToggle(data), themeToggle()),
  main, html("div", { id: "announcer", class: "offscreen", "aria-live": "polite", role: "status" }));
  document.title = oneLine(data.title, 120) + " \u00b7 Troupe";
  /** @type {Map<string, HTMLElement>} */
  const kept = new Map();
  /** @type {Player | null} */
  let player = null;
  let shown = "";
  const show = () => {
    const place = placeOfAddress(data);
    const key = place.view + "/" + (place.view === "compare" ? "" : place.run) + "/" + place.episode + "/"
      + place.other;
    if (key === shown) {
      if (player && place.event !== null) player.go(place.event, false);
      scrollToSection(place);
      return;
    }
    const isFirst = shown === "";
    shown = key;
    if (player) player.stop();
    player = null;
    let view = kept.get(key);
    if (!view) {
      const made = viewOf(data, place);
      view = made.element;
      player = made.player;
      if (place.view !== "episode") kept.set(key, view);
    }
    document.body.classList.toggle("is-player",
      place.view === "episode" && view.classList.contains("player"));
    empty(main);
    main.append(view);
    drawLinks(links, data, place);
    if (!scrollToSection(place)) window.scrollTo(0, 0);
    if (!isFirst) main.focus({ preventScroll: true });
    if (player) player.go(place.event === null ? player.first() : place.event, false);
  };
  window.addEventListener("hashchange", show);
  show();
}

/** @param {Place} place */
function scrollToSection(place) {
  if (!place.section || place.view !== "report") return false;
  const section = document.getElementById(place.section);
  const title = document.getElementById(place.section + "-title");
  if (!section || !title) return false;
  // Some charts get their height only when they are laid out, so the place is looked for once more.
  section.scrollIntoView();
  setTimeout(() => section.scrollIntoView(), 120);
  title.focus({ preventScroll: true });
  return true;
}

/**
 * @param {PageData} data
 * @param {Place} place
 * @returns {{element: HTMLElement, player: Player | null}}
 */
function viewOf(data, place) {
  const samples = samplesAt(data, place);
  if (place.view === "episode") {
    const sample = samples.find((one) => one.episode.id === place.episode);
    if (!sample) return { element: missingEpisode(data, place), player: null };
    const other = samples.find((one) => one.episode.id === place.other);
    const player = other ? sideBySide(sample, other) : episodePlayer(sample, samples, data);
    return { element: player.element, player };
  }
  if (place.view === "compare") return { element: comparison(data), player: null };
  if (place.view === "episodes") return { element: episodeList(samples, data.runs[place.run] || null),
    player: null };
  return { element: runReport(data.runs[place.run], place.run, data), player: null };
}

/** @param {PageData} data @param {Place} place */
function missingEpisode(data, place) {
  const run = data.runs[place.run];
  return html("div", { class: "episodes" }, html("h1", null, "This episode is not in the page"),
    html("p", { class: "lead" }, "The page keeps a sample of the episodes whole, and ",
      datum(oneLine(place.episode, 200)), " is not among them."),
    run ? commandLine(run.episodeCommand + oneLine(place.episode, 200), "Open it from the log") : null,
    html("p", null, html("a", { href: "#" + (run ? "run=" + place.run + "&" : "") + "episodes" },
      "The episodes of this page")));
}

/** @param {HTMLElement} links @param {PageData} data @param {Place} place */
function drawLinks(links, data, place) {
  empty(links);
  const link = (/** @type {string} */ href, /** @type {string} */ text, /** @type {boolean} */ isCurrent) =>
    links.append(html("a", { href, "aria-current": isCurrent ? "page" : null }, oneLine(text, 40)));
  if (data.runs.length > 1) {
    link("#compare", "Comparison", place.view === "compare");
    links.append(choice("Run", data.runs.map((run, index) => ({ value: String(index), text: run.name })),
      String(place.run),
      (value) => { location.hash = "#run=" + value; }));
  }
  if (data.runs.length > 0) link("#run=" + place.run, "Report", place.view === "report");
  const count = samplesAt(data, place).length;
  if (count > 1 || data.runs.length > 0) {
    link("#" + (data.runs.length > 0 ? "run=" + place.run + "&" : "") + "episodes", "Episodes",
      place.view === "episodes");
  }
  if (place.view === "episode") link(location.hash || "#", "Player", true);
}

/** Light, dark, or as the system has it. */
function themeToggle() {
  const names = ["auto", "light", "dark"];
  let now = 0;
  try {
    now = Math.max(0, names.indexOf(localStorage.getItem("troupe-theme") || "auto"));
  } catch (error) {
    now = 0;
  }
  const button = html("button", { class: "quiet theme", type: "button", onclick: () => {
    now = (now + 1) % names.length;
    apply();
  } });
  const apply = () => {
    document.documentElement.setAttribute("data-theme", names[now]);
    empty(button);
    button.append(["\u25d0", "\u25cb", "\u25cf"][now],
      html("span", { class: "theme-name" }, [" Auto", " Light", " Dark"][now]));
    button.setAttribute("aria-label", "Theme: " + names[now]);
    try {
      localStorage.setItem("troupe-theme", names[now]);
    } catch (error) {
      // A page from the disk may have no storage; the choice then lasts as long as the page.
    }
  };
  apply();
  return button;
}

/**
 * Reads the page again while its run is written, unless the reader is in an episode.
 * @param {PageData} data
 */
function followToggle(data) {
  const wait = data.refresh;
  if (!wait || !data.runs.some((run) => run.state.kind === "running")) return null;
  let isFollowing = true;
  const button = html("button", { class: "quiet follow", type: "button", "aria-pressed": "true",
    onclick: () => {
    isFollowing = !isFollowing;
    button.setAttribute("aria-pressed", String(isFollowing));
    button.textContent = isFollowing ? "\u25cf Following" : "Follow";
  } }, "\u25cf Following");
  setInterval(() => { if (isFollowing && placeOfAddress(data).view !== "episode") location.reload(); },
    wait * 1000);
  return button;
}

(function start() {
  const { data, problem } = readPageData();
  if (data) {
    startPage(data);
    return;
  }
  const root = document.getElementById("page");
  if (root) root.append(html("main", { class: "episodes" }, html("h1", null, "This page cannot be shown"),
    html("p", null, problem)));
})();
