// The verdict and the group's numbers.
import { age, bytes, count, duration, plural } from "./format.js";
import { el, fill, icon } from "./dom.js";

const words = { fine: "Fine", warning: "Warning", severe: "Severe", unknown: "Unknown" };

let announced = "";

// `stale`: the sentence that says since when nothing is known, or "".
export function showVerdict(summary, stale) {
  const level = stale || !summary ? "unknown" : summary.group.level;
  const verdict = document.getElementById("verdict");
  if (verdict.dataset.level !== level) verdict.dataset.level = level;
  const word = document.getElementById("verdict-word");
  fill(word, [icon(level), words[level] ?? words.unknown].map(asNode));
  setText("verdict-sentence", stale || summary?.group.verdict || "Asking the coordinator…");
  setText("verdict-why", stale ? "" : why(summary));
  announce(level, stale);
  document.title = `${words[level] ?? level}${summary ? ` · ${summary.group.name}` : ""} · Cairn`;
}

// Only a change of level is read aloud; the sentence itself changes each second.
function announce(level, stale) {
  const text = `${words[level]}${stale ? `. ${stale}` : ""}`;
  if (level === announced) return;
  announced = level;
  setText("announce", text);
}

function why(summary) {
  const held = summary?.group.holding_back;
  if (!held) return "";
  const who = held.member ? ` by ${held.member}` : "";
  const since = held.since_ms === null ? "" : ` for ${age(held.since_ms)}`;
  // The verdict often ends in the reason; once is enough.
  const said = summary.group.verdict.includes(held.because);
  return `Held back${who}${since}${said ? "" : `: ${held.because}`}`;
}

export function showTiles(summary, stale) {
  if (!summary) return;
  const g = summary.group;
  const tiles = [rpo(g, stale), applied(summary), behind(g, summary.coordinator.role === "primary"),
    markers(summary)];
  const root = document.getElementById("tiles");
  root.classList.toggle("stale", Boolean(stale));
  fill(root, tiles);
}

function rpo(g, stale) {
  if (g.taken_over) {
    return tile("RPO now", "", "–", "no other site holds a copy since the takeover");
  }
  const level = stale || g.rpo_now_ms === null ? "unknown" : scale(g.rpo_now_ms, g.rpo_target_ms);
  const prefix = g.rpo_at_least ? "over " : "";
  return tile("RPO now", level, prefix + age(g.rpo_now_ms),
    `target ${duration(g.rpo_target_ms)}: at most this much is lost if the primary site is lost now`,
    meter(g.rpo_now_ms, g.rpo_target_ms, level));
}

// One scale for colour: up to the target, below four times the target, above.
export function scale(value, target) {
  if (value <= target) return "fine";
  return value < 4 * target ? "warning" : "severe";
}

function meter(value, target, level) {
  const share = value === null ? 0 : Math.min(1, value / (4 * target));
  const step = Math.max(value === null ? 0 : 2, Math.round(share * 100));
  const svg = el("progress", { class: "meter", max: 100, value: step, "data-level": level,
    "aria-label": "RPO now, against four times the target" });
  return el("div", { class: "meter-box" }, svg, el("span", { class: "meter-target" }));
}

function applied(summary) {
  const { group: g, coordinator: c } = summary;
  if (c.role === "primary") {
    const note = g.oldest_unstored_ms === 0 ? "every acknowledged write is at the other site"
      : "oldest acknowledged write that is not at the other site";
    return tile("Oldest write behind", g.oldest_unstored_ms === null ? "unknown" : "",
      g.oldest_unstored_ms === 0 ? "none" : age(g.oldest_unstored_ms), note);
  }
  const at = g.applied ? `marker ${count(g.applied.number)} is what this site shows`
    : "no marker has been applied yet";
  return tile("Applied marker", g.applied ? "" : "unknown", g.applied ? age(g.applied.age_ms) : "none",
    at);
}

function behind(g, primary) {
  const where = primary ? "on the way" : "not yet applied";
  return tile("Behind", "", bytes(g.behind_bytes), `${plural(g.behind_records, "record")} ${where}`);
}

function markers(summary) {
  const newest = summary.group.sealed ?? summary.group.stored;
  const r = summary.rounds;
  const note = r === null ? `phase: ${summary.coordinator.phase || "waiting"}`
    : `${count(r.sealed)} sealed, ${count(r.voided)} void, one each ${duration(r.interval_ms)}`;
  return tile("Newest sealed marker", newest ? "" : "unknown", newest ? `#${newest.number}` : "none",
    newest ? `${age(newest.age_ms)} old; ${note}` : note);
}

function tile(name, level, value, note, extra = null) {
  return el("div", { class: "tile panel", "data-level": level || null },
    el("h2", {}, name),
    el("p", { class: "value" }, level ? icon(level) : null, value),
    extra, el("p", { class: "note" }, note));
}

function asNode(x) {
  return typeof x === "string" ? document.createTextNode(x) : x;
}

export function setText(id, text) {
  const node = document.getElementById(id);
  if (node.textContent !== text) node.textContent = text;
}
