// The newest markers and events.
import { age, clock, micros } from "./format.js";
import { el, fill, state } from "./dom.js";

const shown = 12;
const outcomes = { sealed: "fine", running: "unknown", void: "warning", unknown: "unknown" };

export function showMarkers(summary, stale) {
  if (!summary) return;
  const table = document.getElementById("markers-table");
  table.classList.toggle("stale", Boolean(stale));
  const heads = ["Marker", "Epoch", "Outcome", "Made", "Held"];
  const head = el("thead", {}, el("tr", {}, heads.map((h) => el("th", { scope: "col" }, h))));
  const now = summary.display_unix_ms;
  const rows = summary.markers.slice(0, shown).map((m) => row(m, now, summary.group));
  const none = el("tr", {}, el("td", { colspan: heads.length, class: "note" }, "No marker yet."));
  fill(table, [head, el("tbody", {}, rows.length > 0 ? rows : none)]);
}

function row(m, now, group) {
  const applied = m.applied || group.applied?.number === m.number;
  const where = m.outcome !== "sealed" ? m.outcome : applied ? "applied" : m.stored ? "stored" : "sealed";
  return el("tr", { title: m.reason || null },
    el("th", { scope: "row" }, `#${m.number}`, m.name ? el("small", {}, m.name) : null),
    el("td", {}, String(m.epoch)),
    el("td", {}, state(outcomes[m.outcome] ?? "unknown", where),
      m.reason ? el("small", {}, m.reason) : null),
    el("td", {}, clock(m.display_unix_ms), " ",
      el("small", { class: "inline" }, `${age(Math.max(0, now - m.display_unix_ms))} ago`)),
    el("td", { class: "number" }, m.held_max_us > 0 ? micros(m.held_max_us) : "–"));
}

const levels = { notice: "fine", warning: "warning", error: "severe" };

export function showEvents(summary) {
  if (!summary) return;
  const items = [...summary.events].reverse().map((e) =>
    el("li", {}, state(levels[e.level] ?? "unknown", ""), el("time", {}, clock(e.display_unix_ms)),
      el("span", { class: "sentence" }, el("span", { class: "hidden" }, `${e.level}: `), e.sentence)));
  fill(document.getElementById("events"),
    items.length > 0 ? items : [el("li", { class: "note" }, "Nothing happened yet.")]);
}
